"""Classes and flows found by entry point, loaded only when they are asked for."""

from __future__ import annotations

import difflib
import functools
import sys
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any

from lume_services.errors import PluginError


def entries(group: str) -> EntryPoints:
    """Return what installed packages offer in an entry-point group; nothing is imported.

    Parameters
    ----------
    group
        Entry-point group, for example ``"lume_services.backends"``.
    """
    found: EntryPoints = _scan(tuple(sys.path)).select(group=group)
    return found


@functools.lru_cache(maxsize=1)
def _scan(path: tuple[str, ...]) -> Any:  # which type, depends on the version of Python
    """Read what all packages offer, once: it takes as long as an import."""
    return entry_points()


def names(group: str) -> list[str]:
    """Return the names that installed packages offer in an entry-point group.

    Parameters
    ----------
    group
        Entry-point group.
    """
    return sorted({entry.name for entry in entries(group)})


def load(group: str, name: str) -> Any:
    """Load the object that stands under a name in an entry-point group.

    Parameters
    ----------
    group
        Entry-point group.
    name
        Name of the entry point.

    Raises
    ------
    PluginError
        If no package offers the name, or importing it fails.
    """
    entry = _find(group, name)
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"{group!r} plugin {name!r} ({entry.value}) cannot be loaded: {error}. "
            "Install what it needs, or reinstall the package that offers it."
        ) from error


def _find(group: str, name: str) -> EntryPoint:
    for entry in entries(group):
        if entry.name == name:
            return entry
    known = names(group)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise PluginError(
        f"no plugin {name!r} in group {group!r}; installed: {', '.join(known) or 'none'}.{hint}"
    )
