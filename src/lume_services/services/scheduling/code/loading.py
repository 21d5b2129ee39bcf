"""Imports flows from where their code is kept."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from lume_services.errors import FlowNotFoundError, InputError
from lume_services.services.scheduling import entrypoints
from lume_services.services.scheduling.code.storage import COPIES, FolderStorage, GitStorage
from lume_services.services.scheduling.registry import FlowRecord

if TYPE_CHECKING:
    from prefect import Flow


def load(record: FlowRecord, home: Path) -> Flow[..., Any]:
    """Import a flow, and give it the name that it is registered by.

    Parameters
    ----------
    record
        The flow.
    home
        This host's folder for what is kept.

    Raises
    ------
    FlowNotFoundError
        If its code or the flow in it is not to be had.
    """
    if record.storage is None:
        flow = entrypoints.load(record.entrypoint)
    else:
        flow = load_from(record.storage, record.entrypoint, home)
    return flow if flow.name == record.name else flow.with_options(name=record.name)


def load_from(storage: FolderStorage | GitStorage, entrypoint: str, home: Path) -> Flow[..., Any]:
    """Import a flow of a storage.

    Parameters
    ----------
    storage
        Where the code is.
    entrypoint
        ``package.module:flow`` or ``file.py:flow`` in it.
    home
        This host's folder for what is kept.

    Raises
    ------
    InputError
        If the entrypoint names a file outside the storage.
    FlowNotFoundError
        If the code or the flow in it is not to be had.
    """
    place, _, attribute = entrypoint.rpartition(":")
    is_file = place.endswith(".py")
    path = PurePosixPath(place)
    if is_file and (path.is_absolute() or ".." in path.parts):
        raise InputError(
            f"{entrypoint!r} is no file in {storage}; give its path from there: file.py:flow"
        )
    folder = storage.fetch(home)
    _import_first_from(folder, home / COPIES)
    try:
        flow = entrypoints.load(f"{folder / path}:{attribute}" if is_file else entrypoint)
    except FlowNotFoundError as error:
        raise FlowNotFoundError(f"{error} The code is that of {storage}.") from error
    if not is_file:
        _require_inside(place, folder, storage)
    return flow


def _import_first_from(folder: Path, copies: Path) -> None:
    """Let modules be found in a folder, and none in the copies of other code."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(copies) and not Path(file).is_relative_to(folder):
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if not Path(entry).is_relative_to(copies)]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def _require_inside(name: str, folder: Path, storage: FolderStorage | GitStorage) -> None:
    file = getattr(sys.modules[name], "__file__", None)
    if file is None or not Path(file).is_relative_to(folder):
        raise FlowNotFoundError(
            f"module {name!r} of {storage} cannot be imported, since this program has imported "
            f"another module of that name, from {file}. Give the flow by its file (file.py:flow), "
            "or give the module another name."
        )
