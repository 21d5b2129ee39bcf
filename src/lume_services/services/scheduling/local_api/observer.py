"""Takes task runs and what they return from Prefect's task engine, as they happen.

It touches three internals of Prefect, as `shortcuts` does:

- The task engine hands every state of a task run to
  ``prefect.task_engine.emit_task_run_state_change_event``. Prefect's own version turns it
  into an event for a server, which leaves out what the task returned. Ours writes both
  into the history, only for runs that report to an embedded API of this process.
- ``ProcessPoolTaskRunner`` passes the logs of its processes on in a thread that knows
  nothing of the run's settings, and so would start a server. It gets the run's context,
  and its processes get this observer. ``ThreadPoolTaskRunner`` waits for its tasks, also
  when Ctrl-C has ended the flow: they are interrupted instead.
- Prefect names task runs by UUIDs of the millisecond. Ours increase within it, so that
  results of mapped tasks come in the order of their submission.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import json
import secrets
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.local_api import shortcuts, task_runs
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


def current_history() -> History | None:
    """Return the history of the embedded API that the caller reports to, if it does."""
    from prefect.settings.context import get_current_settings

    return _histories.get(get_current_settings().api.url or "")


def _install() -> None:
    import prefect.task_engine
    import prefect.task_runners
    import prefect.tasks

    engine: Any = prefect.task_engine
    report_as_event = engine.emit_task_run_state_change_event

    def report(task_run: Any, initial_state: Any, validated_state: Any, follows: Any = None) -> Any:
        history = current_history()
        if history is None:
            return report_as_event(task_run, initial_state, validated_state, follows)
        _write(history, task_run, validated_state)
        return None

    engine.emit_task_run_state_change_event = report
    _watch_process_pools(prefect.task_runners.ProcessPoolTaskRunner)
    _interrupt_thread_pools(prefect.task_runners.ThreadPoolTaskRunner)
    increasing = IncreasingUUIDs()
    for module in (prefect.task_runners, prefect.tasks):
        cast(Any, module).uuid7 = increasing
    shortcuts.install(lambda: current_history() is not None)


def _watch_process_pools(runner: Any) -> None:
    from prefect.settings.context import get_current_settings

    enter = runner.__enter__

    def enter_watched(self: Any) -> Any:
        url = get_current_settings().api.url or ""
        if url in _histories:
            arguments = (url, _histories[url].path, self._initializer, self._initargs)
            self._initializer, self._initargs = _start_process, arguments
        return enter(self)

    runner.__enter__ = enter_watched
    runner._forward_subprocess_messages = _InCallersContext(runner._forward_subprocess_messages)


def _interrupt_thread_pools(runner: Any) -> None:
    leave = runner.__exit__

    def leave_at_once(self: Any, kind: Any, error: Any, trace: Any) -> None:
        pool = self._executor
        if pool is not None and kind is KeyboardInterrupt and current_history() is not None:
            pool.shutdown(wait=False, cancel_futures=True)
            for thread in pool._threads:
                interrupt(thread.ident)
            self._executor = None
        leave(self, kind, error, trace)

    runner.__exit__ = leave_at_once


def interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in a thread, as soon as it executes Python code again.

    What Python offers to stop a thread; Prefect's own timeouts use the same.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
    )


def _start_process(
    api_url: str, path: Path, initializer: Callable[..., None] | None, arguments: tuple[Any, ...]
) -> None:
    """Start a process of a pool: observed, then as its flow's author wants it."""
    from lume_services.services.scheduling.local_api import direct_logs

    watch(api_url, History(path))
    direct_logs.install()
    if initializer is not None:
        initializer(*arguments)


class IncreasingUUIDs:
    """Makes UUIDs of version 7, each greater than the one before (RFC 9562, section 6.2)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> uuid.UUID:
        """Return the next one."""
        with self._lock:
            # Milliseconds above 12 bits that count: a full counter runs into the next millisecond.
            self._last = max(self._last + 1, time.time_ns() // 1_000_000 << 12)
            moment, counter = self._last >> 12, self._last & 0xFFF
        return uuid.UUID(
            int=moment << 80 | 7 << 76 | counter << 64 | 2 << 62 | secrets.randbits(62)
        )


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

    def save(db: sqlite3.Connection) -> None:
        task_runs.save(db, _document(task_run, state), task_name=name)
        if state.is_completed() and state.name != "RolledBack":
            task_runs.set_result(db, str(task_run.id), *as_json(value_of(state)))

    history.transaction(save)


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
            "state_details": {
                "flow_run_id": str(task_run.flow_run_id) if task_run.flow_run_id else None,
                "task_run_id": str(task_run.id),
            },
        },
    }


def _time(value: Any) -> str | None:
    return None if value is None else value.isoformat()
