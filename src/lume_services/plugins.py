"""Classes and flows found by entry point, loaded only when they are asked for."""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from lume_services.errors import PluginError


def names(group: str) -> list[str]:
    """Return the names that installed packages offer in an entry-point group.

    Parameters
    ----------
    group
        Entry-point group, for example ``"lume_services.backends"``.
    """
    return sorted({entry.name for entry in entry_points(group=group)})


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
    for entry in entry_points(group=group):
        if entry.name == name:
            return entry
    known = names(group)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise PluginError(
        f"no plugin {name!r} in group {group!r}; installed: {', '.join(known) or 'none'}.{hint}"
    )
