"""What a run gives to its caller: results by name, or an error that tells what went wrong."""

from __future__ import annotations

from typing import Any

from lume_services.errors import (
    FlowFailedError,
    NotSerializableError,
    RunTimeoutError,
    TaskNotFoundError,
)
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.run import RunInfo, RunResults, TaskRunInfo, Value


def json_of(value: Value, producer: str) -> Any:
    """Return the JSON value.

    Raises
    ------
    NotSerializableError
        If it has none; names the producer, the type and the two ways out.
    """
    if value.problem is not None:
        raise NotSerializableError(
            f"{producer} returned {value.problem}, which is not JSON-serialisable, so it cannot "
            "leave the flow. Save it with save_file or save_db_result and return the reference."
        )
    return value.value


def task_result(run: RunInfo, results: RunResults, task_name: str) -> Any:
    """Return what a task returned; a list where it ran several times.

    Raises
    ------
    TaskNotFoundError
        If the run has no finished task of that name.
    NotSerializableError
        If what it returned is not JSON.
    """
    by_name = _by_name(results)
    if task_name not in by_name:
        raise TaskNotFoundError(
            f"run {run.id} of flow {run.flow_name!r} has no finished task {task_name!r}; "
            f"{hint(task_name, by_name)}"
        )
    producer = f"task {task_name!r} of flow {run.flow_name!r}"
    return _one_or_list([json_of(value, producer) for value in by_name[task_name]])


def json_results(results: RunResults) -> dict[str, Any]:
    """Return the results of the tasks by name, without those that are not JSON."""
    return {
        name: _one_or_list([value.value for value in values])
        for name, values in _by_name(results).items()
        if all(value.problem is None for value in values)
    }


def failure(run: RunInfo, tasks: list[TaskRunInfo]) -> FlowFailedError:
    """Return the error that tells of a run which did not end as Completed."""
    failed = [task.task_name for task in tasks if task.state_type in {"FAILED", "CRASHED"}]
    if run.error is not None and run.error.task_name is not None:
        failed.append(run.error.task_name)
    where = f" in task {failed[-1]!r}" if failed else ""
    return FlowFailedError(
        f"flow {run.flow_name!r} ended as {run.state_name}{where}: {_cause(run)}",
        flow_name=run.flow_name,
        run_id=run.id,
        task_name=failed[-1] if failed else None,
        state=run.state_name,
        cause_type=run.error.type if run.error else None,
        cause_message=run.error.message if run.error else run.message,
        cause_traceback=run.error.traceback if run.error else None,
    )


def too_late(run: RunInfo, timeout: float | None) -> RunTimeoutError:
    """Return the error that tells of a run which has not ended in time."""
    return RunTimeoutError(
        f"run {run.id} of flow {run.flow_name!r} is {run.state_name} after {timeout} s"
        f"{': ' + run.message if run.message else ''}; see: lume-services runs show {run.id}"
    )


def _cause(run: RunInfo) -> str:
    if run.error is not None and run.error.type == FlowFailedError.__name__:
        return run.error.message  # which says where to look already
    cause = f"{run.error.type}: {run.error.message}" if run.error else run.message or "no message"
    return f"{cause} (run {run.id}; see: lume-services runs logs {run.id})"


def _by_name(results: RunResults) -> dict[str, list[Value]]:
    by_name: dict[str, list[Value]] = {}
    for name, value in results.tasks:
        by_name.setdefault(name, []).append(value)
    return by_name


def _one_or_list(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
