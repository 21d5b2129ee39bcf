"""Flows by entrypoint: ``package.module:attribute`` or ``/folder/file.py:attribute``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lume_services.errors import FlowNotFoundError, InputError
from lume_services.services.scheduling.nearest import hint

if TYPE_CHECKING:
    from prefect import Flow

_importing = threading.RLock()

FORMS = "'package.module:flow' or 'file.py:flow'"


def load(entrypoint: str) -> Flow[..., Any]:
    """Import the flow that an entrypoint names.

    Parameters
    ----------
    entrypoint
        ``package.module:attribute`` or ``folder/file.py:attribute``.

    Raises
    ------
    FlowNotFoundError
        If the entrypoint is malformed, its module cannot be imported, or the
        attribute is not a Prefect flow.
    """
    from prefect import Flow

    place, _, attribute = entrypoint.rpartition(":")
    if not place or not attribute:
        raise FlowNotFoundError(f"{entrypoint!r} is no entrypoint; expected {FORMS}.")
    module = _import(place, entrypoint)
    found = getattr(module, attribute, None)
    if isinstance(found, Flow):
        return found
    raise FlowNotFoundError(_no_flow(module, place, attribute, found))


def require_flow(value: object) -> Flow[..., Any]:
    """Return the value if it is a Prefect flow.

    Raises
    ------
    InputError
        If it is something else.
    """
    from prefect import Flow

    if isinstance(value, Flow):
        return value
    raise InputError(
        f"{value!r} is of type {type(value).__name__}; give a Prefect flow (a function under "
        f"@prefect.flow) or an entrypoint {FORMS}."
    )


def of(flow: Flow[..., Any]) -> str:
    """Return the entrypoint by which another process can import a flow.

    Raises
    ------
    FlowNotFoundError
        If the flow is not an attribute of an importable module.
    """
    module = sys.modules.get(flow.fn.__module__)
    attribute = _attribute_of(module, flow)
    if module is None or attribute is None:
        raise FlowNotFoundError(
            f"flow {flow.name!r} ({flow.fn.__module__}.{flow.fn.__qualname__}) is not an attribute "
            "of a module, so another process cannot import it. Define it at the top level of one."
        )
    name = module.__spec__.name if module.__spec__ else module.__name__
    if name != "__main__" and not _from_file(module):
        return f"{name}:{attribute}"
    path = getattr(module, "__file__", None)
    if path is None:
        raise FlowNotFoundError(
            f"flow {flow.name!r} lives in {name!r}, which has no file (a notebook or an "
            "interactive session). Put it into a module or a .py file to register it."
        )
    return f"{Path(path).resolve()}:{attribute}"


def known(flow: Flow[..., Any]) -> str | None:
    """Return the entrypoint of a flow; None where no other process can import it."""
    try:
        return of(flow)
    except FlowNotFoundError:
        return None


def _import(place: str, entrypoint: str) -> ModuleType:
    try:
        if place.endswith(".py"):
            return _import_file(Path(place))
        return importlib.import_module(place)
    except FlowNotFoundError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's module raises
        raise FlowNotFoundError(
            f"{entrypoint!r}: importing {place!r} failed with {type(error).__name__}: {error}. "
            f"Expected {FORMS}; check the name, and that the module imports by itself."
        ) from error


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FlowNotFoundError(f"there is no file {str(path)!r}; expected {FORMS}.")
    path = path.resolve()
    name = _file_module_name(path)
    # Two threads may ask for flows of one file: none must see the module half executed.
    with _importing:
        return sys.modules.get(name) or _execute(path, name)


def _execute(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FlowNotFoundError(f"{str(path)!r} is no Python file; expected {FORMS}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(folder)
    return module


def _file_module_name(path: Path) -> str:
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return f"{path.stem}_{digest}"


def _from_file(module: ModuleType) -> bool:
    path = getattr(module, "__file__", None)
    return path is not None and module.__name__ == _file_module_name(Path(path))


def _attribute_of(module: ModuleType | None, flow: Flow[..., Any]) -> str | None:
    if module is None:
        return None
    return next((name for name, value in vars(module).items() if value is flow), None)


def _no_flow(module: ModuleType, place: str, attribute: str, found: Any) -> str:
    from prefect import Flow

    flows = [name for name, value in vars(module).items() if isinstance(value, Flow)]
    if found is not None:
        kind = type(found).__name__
        return f"{attribute!r} in {place!r} is of type {kind}, not a flow; {hint('', flows)}"
    return f"{place!r} has no attribute {attribute!r}; {hint(attribute, flows)}"
