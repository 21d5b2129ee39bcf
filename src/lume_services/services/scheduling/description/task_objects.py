"""Telling tasks, and calls that make tasks, among the objects that code names."""

from __future__ import annotations

from typing import Any

from prefect import Flow, Task
from prefect import flow as flow_decorator
from prefect import task as task_decorator

from lume_services.services.scheduling.description.annotations import return_schema
from lume_services.services.scheduling.description.names_in_scope import UNKNOWN
from lume_services.services.scheduling.registry import TaskRecord


def task_record(task: Task[Any, Any]) -> TaskRecord:
    """Describe a task."""
    return TaskRecord(task.name, return_schema(task.fn))


def made_task(maker: Any, name: Any, function: Any) -> Any:
    """Return the task that a call of a task maker makes, as a Task or its record, or UNKNOWN.

    Parameters
    ----------
    maker
        Prefect's ``task`` or a class of tasks.
    name
        The name it is given; None where none is, UNKNOWN where it is not a constant.
    function
        The first positional argument; UNKNOWN where it is not known.
    """
    if name is UNKNOWN:
        return UNKNOWN
    if maker is not task_decorator and maker is not Task:
        return _constructed(maker, name)
    own_name = name or getattr(function, "__name__", None)
    return TaskRecord(own_name, return_schema(function)) if own_name else UNKNOWN


def is_task_maker(value: Any) -> bool:
    """Say whether calling an object makes a task."""
    return value is task_decorator or (isinstance(value, type) and issubclass(value, Task))


def renamed(task: Any, name: Any) -> Any:
    """Return what ``task.with_options(name=name)`` gives."""
    if name is UNKNOWN:
        return UNKNOWN
    record = task_record(task) if isinstance(task, Task) else task
    return TaskRecord(name or record.name, record.returns)


def is_task(value: Any) -> bool:
    """Say whether an object is a task or the record of one."""
    return isinstance(value, (Task, TaskRecord))


def is_flow_maker(value: Any) -> bool:
    """Say whether calling an object makes a flow."""
    return value is flow_decorator or value is Flow


def _constructed(maker: type[Task[Any, Any]], name: str | None) -> Any:
    # Making a task does nothing but hold its options, and tells its name and return type.
    try:
        return maker(name=name) if name else maker()  # type: ignore[call-arg]
    except Exception:  # noqa: BLE001 - the class may want more than a name
        return TaskRecord(name) if name else UNKNOWN
