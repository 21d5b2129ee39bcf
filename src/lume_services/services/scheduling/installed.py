"""Flows that installed packages offer by entry point, and what a flow's record says."""

from __future__ import annotations

import functools
import json
import site
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from lume_services import plugins
from lume_services.errors import PluginError
from lume_services.services.scheduling import entrypoints
from lume_services.services.scheduling.description import describe as describe_flow
from lume_services.services.scheduling.registry import FlowRecord

if TYPE_CHECKING:
    from prefect import Flow

GROUP = "orchestration"


def names() -> list[str]:
    """Return the names of the flows that installed packages offer."""
    return plugins.names(GROUP)


def entrypoints_by_name() -> dict[str, str]:
    """Return the flows that installed packages offer: entrypoint by name, nothing imported."""
    return {entry.name: entry.value for entry in plugins.entries(GROUP)}


def find(name: str, project_name: str) -> FlowRecord | None:
    """Return the record of an installed package's flow, or None.

    Parameters
    ----------
    name
        Name of the entry point.
    project_name
        The project that the record is to carry: an installed flow belongs to every one.
    """
    from prefect import Flow

    if name not in names():
        return None
    flow = plugins.load(GROUP, name)
    if not isinstance(flow, Flow):
        raise PluginError(
            f"{GROUP!r} plugin {name!r} is a {type(flow).__name__}; expected a Prefect flow. "
            "Name the flow itself in the entry point: package.module:flow"
        )
    return describe(flow, project_name, entrypoints.of(flow))


def describe(
    flow: Flow[..., Any],
    project_name: str,
    entrypoint: str,
    *,
    image: str | None = None,
    labels: Iterable[str] = (),
) -> FlowRecord:
    """Return the record of a flow.

    Parameters
    ----------
    flow
        The flow.
    project_name, entrypoint, image, labels
        As in `FlowRecord`.
    """
    description = describe_flow(flow)
    package, version = distribution(flow.fn.__module__)
    return FlowRecord(
        name=description.name,
        project_name=project_name,
        entrypoint=entrypoint,
        image=image,
        labels=tuple(labels),
        description=description.description,
        parameters=description.parameters,
        tasks=description.tasks,
        returns=description.returns,
        package=package,
        version=version,
    )


@functools.cache
def distribution(module: str) -> tuple[str | None, str | None]:
    """Return the distribution that an imported module belongs to, and its version.

    None and None for a script or a notebook.
    """
    package = _package(module)
    return package, None if package is None else metadata.version(package)


def _package(module: str) -> str | None:
    top = module.partition(".")[0]
    path = getattr(sys.modules.get(top), "__file__", None)
    if path is None:
        return None
    folders = [Path(entry) for entry in site.getsitepackages() + [site.getusersitepackages()]]
    if any(Path(path).is_relative_to(folder) for folder in folders):
        return _installed_as(top)
    owners = [(root, name) for name, root in _editables() if Path(path).is_relative_to(root)]
    return max(owners, key=lambda owner: len(owner[0].parts))[1] if owners else None


def _installed_as(top: str) -> str | None:
    """Return the distribution of a top-level package: the one of its name, else by all files."""
    try:
        distribution = metadata.distribution(top)
    except metadata.PackageNotFoundError:
        found = metadata.packages_distributions().get(top)
        return found[0] if found else None
    return distribution.name


def _editables() -> Iterator[tuple[str, Path]]:
    """Give the editable distributions and the folders that they are installed from (PEP 610)."""
    for distribution in metadata.distributions():
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            yield distribution.name, Path(unquote(urlparse(origin["url"]).path))
