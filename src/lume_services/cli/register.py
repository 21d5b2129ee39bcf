"""The commands ``lume-services register`` and ``flows``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.target import import_from_here

if TYPE_CHECKING:
    from lume_services.services.scheduling.registry import FlowRecord


def register(
    flow: str,
    /,
    *,
    project: str,
    image: str | None = None,
    label: Annotated[list[str] | None, Parameter(name="--label")] = None,
) -> None:
    """Register a flow with a project.

    Parameters
    ----------
    flow
        Where the flow is: MODULE:FLOW or FILE.py:FLOW.
    project
        The project, made if it is new.
    image
        Container image that runs the flow.
    label
        What a worker must serve to take the flow's runs; repeatable.
    """
    from lume_services import config

    import_from_here()
    scheduling = config.current().scheduling
    record = scheduling.register_flow(flow, project, image=image, labels=label or ())
    console.fields(_described(record))


def flows(*, project: str | None = None) -> None:
    """List the registered flows.

    Parameters
    ----------
    project
        Only flows of this project.
    """
    from lume_services import config

    records = config.current().scheduling.records(project)
    columns = ("FLOW", "PROJECT", "PARAMETERS", "ENTRYPOINT")
    console.table(
        columns, [[r.name, r.project_name, _parameters(r), r.entrypoint] for r in records]
    )


def _described(record: FlowRecord) -> list[tuple[str, str | console.Cell]]:
    pairs = [
        ("registered", record.name),
        ("project", record.project_name),
        ("entrypoint", record.entrypoint),
        ("parameters", _parameters(record)),
        ("tasks", ", ".join(task.name for task in record.tasks)),
        ("image", record.image or ""),
        ("labels", ", ".join(record.labels)),
    ]
    return [(name, value) for name, value in pairs if value]


def _parameters(record: FlowRecord) -> str:
    """Return the parameters' names, those that may be left out in brackets."""
    required = record.parameters.get("required", ())
    names = record.parameters.get("properties", {})
    return " ".join(name if name in required else f"[{name}]" for name in names)
