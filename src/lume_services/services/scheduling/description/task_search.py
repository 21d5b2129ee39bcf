"""Finding the tasks that a function's code names, without running it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from prefect import Task

from lume_services.services.scheduling.description.code_readers import read_code
from lume_services.services.scheduling.description.names_in_scope import UNKNOWN, Scope
from lume_services.services.scheduling.description.task_objects import task_record
from lume_services.services.scheduling.registry import TaskRecord

MAX_FUNCTIONS = 1000


def find_tasks(function: Callable[..., Any]) -> tuple[TaskRecord, ...]:
    """Return the tasks that a flow's function can call, in the order of first appearance.

    Parameters
    ----------
    function
        What a flow wraps.
    """
    search = TaskSearch(function)
    search.read(function)
    return tuple(search.records.values())


class TaskSearch:
    """A search through a function and the functions of its package that it names.

    Parameters
    ----------
    function
        Where it starts; its package and folder bound it.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.records: dict[str, TaskRecord] = {}
        self._seen: set[Any] = set()
        function = inspect.unwrap(function)
        self._package = _package(function)
        self._folder = _folder(function)

    def read(self, function: Any) -> None:
        """Look through one function, unless it has been or belongs to somebody else."""
        owner = _owner(function)
        if isinstance(function, MethodType):
            function = function.__func__
        function = inspect.unwrap(function)
        if not isinstance(function, FunctionType) or function.__code__ in self._seen:
            return
        if len(self._seen) >= MAX_FUNCTIONS or not self._is_ours(function):
            return
        self._seen.add(function.__code__)
        read_code(function, Scope(function, owner), self)

    def meet(self, value: Any) -> None:
        """Take note of an object that the code names."""
        if isinstance(value, TaskRecord):
            self.record(value)
        elif isinstance(value, Task):
            self.record(task_record(value))
            self.read(value.fn)
        elif isinstance(value, (FunctionType, MethodType)):
            self.read(value)
        elif isinstance(value, (list, tuple, set, frozenset, dict)):
            for item in value.values() if isinstance(value, dict) else value:
                if isinstance(item, Task):
                    self.meet(item)

    def record(self, task: TaskRecord) -> None:
        """Add a task; of two with one name and different returns, the return is unknown."""
        known = self.records.setdefault(task.name, task)
        if known.returns != task.returns:
            self.records[task.name] = TaskRecord(task.name)

    def _is_ours(self, function: FunctionType) -> bool:
        folder, package = _folder(function), _package(function)
        if package == "lume_services":
            return False
        return package == self._package or (
            "site-packages" not in folder.parts and folder.is_relative_to(self._folder)
        )


def _package(function: Any) -> str:
    return str(getattr(function, "__module__", "")).partition(".")[0]


def _folder(function: Any) -> Path:
    code = getattr(function, "__code__", None)
    return Path(code.co_filename if code else "").absolute().parent


def _owner(function: Any) -> Any:
    """Return what a method is bound to, by Python or by Prefect, or UNKNOWN."""
    for attribute in ("__self__", "__prefect_self__", "__prefect_cls__"):
        if hasattr(function, attribute):
            return getattr(function, attribute)
    return UNKNOWN
