"""What a name in a function's code stands for, as far as can be told without running it."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import inspect
import sys
from types import FunctionType, MethodType, ModuleType
from typing import Any

UNKNOWN: Any = object()


class Scope:
    """The names that a function's code sees.

    Parameters
    ----------
    function
        A plain function.
    owner
        What its first parameter is bound to, where it is a method.
    """

    def __init__(self, function: FunctionType, owner: Any = UNKNOWN) -> None:
        code = function.__code__
        self._globals = function.__globals__
        self._locals = dict.fromkeys((*code.co_varnames, *code.co_cellvars), UNKNOWN)
        self._closure = {
            name: _contents(cell)
            for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False)
        }
        if owner is not UNKNOWN and code.co_argcount:
            self._locals[code.co_varnames[0]] = owner

    def name(self, name: str) -> Any:
        """Return what a name stands for, or UNKNOWN."""
        for names in (self._locals, self._closure, self._globals, vars(builtins)):
            if name in names:
                return names[name]
        return UNKNOWN

    def bind(self, name: str, value: Any) -> None:
        """Note what a local variable stands for from here on."""
        self._locals[name] = value

    def attribute(self, value: Any, name: str) -> Any:
        """Return an attribute without running properties or the like, or UNKNOWN."""
        if isinstance(value, ModuleType):
            return self._module_attribute(value, name)
        found = inspect.getattr_static(value, name, UNKNOWN)
        if isinstance(found, staticmethod):
            return found.__func__
        if isinstance(found, classmethod):
            return MethodType(found.__func__, value if isinstance(value, type) else type(value))
        if isinstance(found, FunctionType) and not isinstance(value, type):
            return MethodType(found, value)
        return found

    def module(self, name: str | None, level: int = 0) -> Any:
        """Return the module of an import statement inside the function, or UNKNOWN.

        One that is not imported yet is imported only where it is the function's own
        package, ours or Prefect: an import that waits for the run may be slow, or impossible here.
        """
        full = "." * level + (name or "")
        try:
            full = importlib.util.resolve_name(full, self._globals.get("__package__") or None)
            if full not in sys.modules and self._may_load(full):
                importlib.import_module(full)
        except Exception:  # noqa: BLE001 - a module may raise anything while it is imported
            return UNKNOWN
        return sys.modules.get(full, UNKNOWN)

    def _module_attribute(self, module: ModuleType, name: str) -> Any:
        if name in vars(module):
            return vars(module)[name]
        if not self._may_load(module.__name__):
            return UNKNOWN
        try:
            return getattr(module, name)
        except AttributeError:
            return self.module(f"{module.__name__}.{name}")

    def _may_load(self, module_name: str) -> bool:
        own = str(self._globals.get("__name__", "")).partition(".")[0]
        return module_name.partition(".")[0] in (own, "lume_services", "prefect")


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet, as in a function that names itself
        return UNKNOWN
