"""Takes what flows and tasks return from Prefect's engines, and keeps it on the server.

Touches internals of Prefect, in the process of a run only:

- ``prefect.task_engine.emit_task_run_state_change_event`` gets every state of a task run
  with what the task returned; the event that Prefect makes of it leaves that out.
- ``propose_state`` and ``propose_state_sync`` of ``prefect.flow_engine`` get the final
  state of a flow run with what the flow returned or raised, before the server learns it.
- Prefect names task runs by UUIDs of the millisecond; ours increase within it, so that
  results of mapped tasks come in the order of their submission.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.local_api.engine import flush_logs
from lume_services.services.scheduling.local_api.execution import cause, without_states
from lume_services.services.scheduling.local_api.observer import IncreasingUUIDs, value_of
from lume_services.services.scheduling.local_api.shortcuts import keep_no_exceptions
from lume_services.services.scheduling.prefect_server import results
from lume_services.services.scheduling.prefect_server.attempts import Attempts
from lume_services.services.scheduling.prefect_server.connection import (
    PATIENCE_SECONDS_OF_FLOWS,
    PrefectServer,
)
from lume_services.settings import LUMEServicesSettings

_AT_ONCE = 200
_PAUSE_SECONDS = 0.25


class Keeper:
    """Sends what was returned to the server, many values with one request.

    Parameters
    ----------
    server
        The server.
    at_once
        Whether to send each value as it comes, for a process that may be ended at any time.
    """

    def __init__(self, server: PrefectServer, *, at_once: bool = False) -> None:
        self._server = server
        self._at_once = at_once
        self._attempts = Attempts(server)
        self._entries: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._ended = threading.Event()
        self._failed_tasks: dict[str, str] = {}
        self._items: dict[str, list[Any]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep what is returned inside the block, in all threads and pools of the process."""
        self.install()
        thread = threading.Thread(target=self._work, name="lume-keeping", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def items_of(self, run_id: str) -> list[Any]:
        """Return a list to be filled with what a generator yields, which stands for its value."""
        return self._items.setdefault(run_id, [])

    def flush(self) -> None:
        """Send what has not been sent; return when the server has it."""
        with self._sending:
            by_run: dict[str, list[dict[str, Any]]] = {}
            while not self._entries.empty():
                run_id, entry = self._entries.get()
                by_run.setdefault(run_id, []).append(entry)
            for run_id, entries in by_run.items():
                for start in range(0, len(entries), _AT_ONCE):
                    results.keep(self._server, run_id, entries[start : start + _AT_ONCE])

    def _work(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            self.flush()
        self.flush()

    def _task(self, task_run: Any, state: Any) -> None:
        from prefect.context import TaskRunContext

        context = TaskRunContext.get()
        # The last states of a task that crashes or is rolled back come without its context.
        known = task_run.labels.get(results.TASK_LABEL, task_run.name)
        name = context.task.name if context else known
        task_run.labels[results.TASK_LABEL] = name
        run_id = str(task_run.flow_run_id)
        if state.is_completed() and state.name != "RolledBack" and task_run.flow_run_id:
            self._entries.put((run_id, _entry(str(task_run.id), name, value_of(state))))
            if self._at_once:
                self.flush()
        elif state.is_failed() or state.is_crashed():
            self._failed_tasks[run_id] = name

    def _flow(self, run_id: str, state: Any) -> None:
        if state.is_final():
            self._attempts.require(run_id)
        if state.is_completed():
            value = self._items[run_id] if run_id in self._items else _returned(state)
            self._entries.put((run_id, _entry(results.FLOW, results.FLOW, value)))
            self.flush()
            flush_logs()
        elif state.is_failed() or state.is_crashed() or state.is_cancelled():
            self.flush()
            flush_logs()
            error = cause(state)
            trace = "".join(traceback.format_exception(error))
            task = self._failed_tasks.get(run_id)
            results.keep_error(self._server, run_id, error, trace, task_name=task)

    def install(self) -> None:
        """Take what is returned in this process and its pools from now on."""
        import prefect.flow_engine
        import prefect.task_engine
        import prefect.task_runners
        import prefect.tasks

        tasks: Any = prefect.task_engine
        flows: Any = prefect.flow_engine
        emit, propose_sync = tasks.emit_task_run_state_change_event, flows.propose_state_sync
        propose = flows.propose_state

        def emit_and_keep(
            task_run: Any, initial_state: Any, validated_state: Any, **rest: Any
        ) -> Any:
            self._task(task_run, validated_state)
            return emit(task_run, initial_state, validated_state, **rest)

        def keep_and_propose_sync(client: Any, state: Any, flow_run_id: Any, **rest: Any) -> Any:
            self._flow(str(flow_run_id), state)
            accepted = propose_sync(client, state, flow_run_id=flow_run_id, **rest)
            self._attempts.accept(str(flow_run_id), accepted)
            return accepted

        async def keep_and_propose(client: Any, state: Any, flow_run_id: Any, **rest: Any) -> Any:
            await asyncio.to_thread(self._flow, str(flow_run_id), state)
            accepted = await propose(client, state, flow_run_id=flow_run_id, **rest)
            self._attempts.accept(str(flow_run_id), accepted)
            return accepted

        tasks.emit_task_run_state_change_event = emit_and_keep
        keep_no_exceptions(lambda: True)
        flows.propose_state_sync = keep_and_propose_sync
        flows.propose_state = keep_and_propose
        _keep_in_process_pools(prefect.task_runners.ProcessPoolTaskRunner)
        increasing = IncreasingUUIDs()
        for module in (prefect.task_runners, prefect.tasks):
            cast(Any, module).uuid7 = increasing


def _keep_in_process_pools(runner: Any) -> None:
    enter = runner.__enter__

    def enter_kept(self: Any) -> Any:
        if self._initializer is not _start_process:
            arguments = (self._initializer, self._initargs)
            self._initializer, self._initargs = _start_process, arguments
        return enter(self)

    runner.__enter__ = enter_kept


def _start_process(initializer: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Start a process of a pool: what it returns is kept, and then as its author wants it."""
    server = PrefectServer(LUMEServicesSettings().prefect, PATIENCE_SECONDS_OF_FLOWS)
    Keeper(server, at_once=True).install()
    if initializer is not None:
        initializer(*arguments)


def _entry(producer: str, name: str, value: Any) -> dict[str, Any]:
    problem = jsonable.find_problem(value)
    if problem is not None:
        return results.entry(producer, name, None, str(problem))
    return results.entry(producer, name, value, None)


def _returned(state: Any) -> Any:
    """Return what a flow returned, with their results in place of the states in it."""
    return without_states(value_of(state))
