"""The scheduling service for asynchronous programs."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from lume_services.errors import LumeServicesError, RunTimeoutError
from lume_services.services.scheduling import outcome
from lume_services.services.scheduling.backends.backend import Started, ignore
from lume_services.services.scheduling.log_follower import LAST_SECONDS
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run import TERMINAL, LogLine, RunInfo
from lume_services.services.scheduling.service import SchedulingService

if TYPE_CHECKING:
    from prefect import Flow

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(
    method: Callable[Concatenate[SchedulingService, P], T],
) -> Callable[Concatenate[AsyncSchedulingService, P], Coroutine[Any, Any, T]]:
    @wraps(method)
    async def call(self: AsyncSchedulingService, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(method, self._service, *args, **kwargs)

    return call


class AsyncSchedulingService:
    """The methods of `SchedulingService`, to be awaited.

    Requests are made in threads; waiting for the end of runs takes none. Inside an
    asynchronous flow, runs become children of that flow's run.

    Parameters
    ----------
    service
        The service to use.
    """

    def __init__(self, service: SchedulingService) -> None:
        self._service = service

    create_project = _awaited(SchedulingService.create_project)
    projects = _awaited(SchedulingService.projects)
    register_flow = _awaited(SchedulingService.register_flow)
    register = _awaited(SchedulingService.register)
    offer = _awaited(SchedulingService.offer)
    record = _awaited(SchedulingService.record)
    records = _awaited(SchedulingService.records)
    installed_flows = _awaited(SchedulingService.installed_flows)
    schedules = _awaited(SchedulingService.schedules)
    next_runs = _awaited(SchedulingService.next_runs)
    pause_schedule = _awaited(SchedulingService.pause_schedule)
    resume_schedule = _awaited(SchedulingService.resume_schedule)
    load_flow = _awaited(SchedulingService.load_flow)
    runs = _awaited(SchedulingService.runs)
    run_info = _awaited(SchedulingService.run_info)
    task_runs = _awaited(SchedulingService.task_runs)
    child_runs = _awaited(SchedulingService.child_runs)
    logs = _awaited(SchedulingService.logs)
    require_completed = _awaited(SchedulingService.require_completed)
    produced = _awaited(SchedulingService.produced)
    get_result = _awaited(SchedulingService.get_result)
    has_result = _awaited(SchedulingService.has_result)
    get_task_result = _awaited(SchedulingService.get_task_result)
    task_results = _awaited(SchedulingService.task_results)
    cancel = _awaited(SchedulingService.cancel)
    close = _awaited(SchedulingService.close)

    async def run(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        started: Started = ignore,
        **options: Any,
    ) -> str:
        """Run a flow; return the run's identifier.

        On the local backend the flow runs in a thread of its own. Where the caller is
        cancelled meanwhile, so is the run, as nobody knows its identifier.

        Parameters
        ----------
        flow, parameters, started, options
            As for `SchedulingService.run`.
        """
        made: Future[str] = Future()

        def start(run_id: str) -> None:
            made.set_result(run_id)
            started(run_id)

        def work() -> str:
            try:
                return self._service.run(flow, parameters, started=start, **options)
            except KeyboardInterrupt:
                return made.result()  # in this thread it means that the run was cancelled

        running = _in_thread(work)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.to_thread(self._stop, made, running))
            raise

    async def run_and_return(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        task_name: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as of the synchronous method
        cancel_on_timeout: bool = True,
        log: Callable[[LogLine], object] | None = None,
        **options: Any,
    ) -> Any:
        """Run a flow to its end and return what it produced.

        Where the caller is cancelled meanwhile, so is the run.

        Parameters
        ----------
        flow, parameters, task_name, timeout, cancel_on_timeout, options
            As for `SchedulingService.run_and_return`.
        log
            Called with each line that the run and its child runs log.
        """
        loop, following = asyncio.get_running_loop(), list[Future[None]]()

        def follow(run_id: str) -> None:
            if log is not None:
                handing = self._hand_over(run_id, log)
                following.append(asyncio.run_coroutine_threadsafe(handing, loop))

        try:
            run_id = await self.run(flow, parameters, started=follow, **options)
            await self._wait_or_cancel(run_id, timeout, cancel_on_timeout)
            for each in following:
                await asyncio.wrap_future(each)
        finally:
            for each in following:
                each.cancel()
        return await self.produced(run_id, task_name)

    async def wait(self, run_id: str, timeout: float | None = None) -> RunInfo:  # noqa: ASYNC109
        """Wait for a run's end, in whatever state; return the run.

        The run goes on where the caller is cancelled meanwhile.

        Parameters
        ----------
        run_id, timeout
            As for `SchedulingService.wait`.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        run = await self.run_info(run_id)
        while run.state_type not in TERMINAL:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ended = asyncio.wrap_future(self._service.ended(run.id))
            try:
                in_time, _ = await asyncio.wait([ended], timeout=left)
            finally:
                ended.cancel()
            run = await self.run_info(run.id)
            if not in_time:
                break
        if run.state_type in TERMINAL:
            return run
        raise outcome.too_late(run, timeout)

    async def stream_logs(self, run_id: str, *, children: bool = False) -> AsyncIterator[LogLine]:
        """Give the lines that a run logs, from its first on, as they come until its end.

        Parameters
        ----------
        run_id, children
            As for `SchedulingService.stream_logs`.
        """
        run = await self.run_info(run_id)
        follower = self._service.follower(run.id, children=children)
        ended = asyncio.wrap_future(self._service.ended(run.id))
        try:
            while True:
                for line in await asyncio.to_thread(follower.look):
                    yield line
                if (await asyncio.wait([ended], timeout=follower.pause))[0]:
                    break
            await asyncio.sleep(LAST_SECONDS)
            while lines := await asyncio.to_thread(follower.look):
                for line in lines:
                    yield line
                await asyncio.sleep(LAST_SECONDS)
            for line in await asyncio.to_thread(follower.rest):
                yield line
        finally:
            ended.cancel()

    async def _hand_over(self, run_id: str, log: Callable[[LogLine], object]) -> None:
        async for line in self.stream_logs(run_id, children=True):
            log(line)

    async def _wait_or_cancel(
        self,
        run_id: str,
        timeout: float | None,  # noqa: ASYNC109
        cancel_on_timeout: bool,
    ) -> None:
        try:
            await self.wait(run_id, timeout)
        except RunTimeoutError:
            if cancel_on_timeout:
                await self.cancel(run_id)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self.cancel(run_id))
            raise

    def _stop(self, made: Future[str], running: Future[str]) -> None:
        """Cancel a run that is just being made, unless that fails."""
        wait([made, running], return_when=FIRST_COMPLETED)
        if made.done():
            # Who is cancelled himself cannot do anything about it.
            with suppress(LumeServicesError):
                self._service.cancel(made.result())


def _in_thread(work: Callable[[], T]) -> Future[T]:
    """Work in a thread of its own: it may take long, and those of asyncio are few."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def call() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is the caller's
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    # A daemon, so that a flow that does not stop cannot keep the process alive.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(call,), name="lume-run", daemon=True).start()
    return outcome
