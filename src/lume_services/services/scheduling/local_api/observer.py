"""Takes task runs and what they return from Prefect's task engine, as they happen.

The one place that touches internals of Prefect, two of them:

- The task engine hands every state of a task run to
  ``prefect.task_engine.emit_task_run_state_change_event``. Prefect's own version turns it
  into an event for a server, which leaves out what the task returned. Ours writes both
  into the history, only for runs that report to an embedded API of this process.
- ``ProcessPoolTaskRunner`` passes the events of its processes on in a thread that knows
  nothing of the run's settings, and so would start a server. It gets the run's context.
"""

from __future__ import annotations

import contextvars
import functools
import json
import threading
from collections.abc import Callable
from typing import Any

from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.local_api import task_runs
from lume_services.services.scheduling.local_api.history import History

_histories: dict[str, History] = {}
_lock = threading.Lock()


def watch(api_url: str, history: History) -> None:
    """Write the task runs of flows that report to an address into a history.

    Parameters
    ----------
    api_url
        Address of an embedded API of this process.
    history
        Where to write.
    """
    with _lock:
        if not _histories:
            _install()
        _histories[api_url] = history


def _install() -> None:
    import prefect.task_engine
    import prefect.task_runners
    from prefect.settings.context import get_current_settings

    engine: Any = prefect.task_engine
    report_as_event = engine.emit_task_run_state_change_event

    def report(task_run: Any, initial_state: Any, validated_state: Any, follows: Any = None) -> Any:
        history = _histories.get(get_current_settings().api.url or "")
        if history is None:
            return report_as_event(task_run, initial_state, validated_state, follows)
        _write(history, task_run, validated_state)
        return None

    engine.emit_task_run_state_change_event = report
    processes: Any = prefect.task_runners.ProcessPoolTaskRunner
    forward = processes._forward_subprocess_messages
    processes._forward_subprocess_messages = _InCallersContext(forward)


class _InCallersContext:
    """A method that runs in the context in which it is looked up, whatever thread runs it."""

    def __init__(self, method: Callable[[Any], None]) -> None:
        self._method = method

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[[], None]:
        return functools.partial(contextvars.copy_context().run, self._method, instance)


def _write(history: History, task_run: Any, state: Any) -> None:
    from prefect.context import TaskRunContext

    context = TaskRunContext.get()
    name = context.task.name if context else task_run.name
    with history.transaction() as db:
        task_runs.save(db, _document(task_run, state), task_name=name)
        if state.is_completed() and state.name != "RolledBack":
            task_runs.set_result(db, str(task_run.id), *as_json(value_of(state)))


def value_of(state: Any) -> Any:
    """Return what a run returned, taken from its final state in this process."""
    return getattr(state.data, "result", state.data)


def as_json(value: Any) -> tuple[str | None, str | None]:
    """Return the value as JSON text, or else what in it is not JSON."""
    problem = jsonable.find_problem(value)
    if problem is not None:
        return None, str(problem)
    return json.dumps(value), None


def _document(task_run: Any, state: Any) -> dict[str, Any]:
    return {
        "id": str(task_run.id),
        "name": task_run.name,
        "flow_run_id": str(task_run.flow_run_id) if task_run.flow_run_id else None,
        "task_key": task_run.task_key,
        "dynamic_key": task_run.dynamic_key,
        "tags": list(task_run.tags),
        "run_count": task_run.run_count,
        "start_time": _time(task_run.start_time),
        "end_time": _time(task_run.end_time),
        "total_run_time": task_run.total_run_time.total_seconds(),
        "state": {
            "id": str(state.id),
            "type": state.type.value,
            "name": state.name,
            "message": state.message,
            "timestamp": _time(state.timestamp),
            "state_details": {},
        },
    }


def _time(value: Any) -> str | None:
    return None if value is None else value.isoformat()
