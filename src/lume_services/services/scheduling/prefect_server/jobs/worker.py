"""The worker of every platform that runs each run as a job of its own.

It starts the jobs, tells the server how they ended where they could not do so themselves,
and leaves nothing behind. A job whose worker has gone is taken over by another worker of
the pool; two that watch one job do no harm, as each reports before it removes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast
from uuid import UUID

import anyio.to_thread
from prefect.workers.base import BaseJobConfiguration, BaseWorker, BaseWorkerResult
from pydantic import ConfigDict

from lume_services.errors import LumeServicesError
from lume_services.services.scheduling.prefect_server.cancelling import News, to_be_cancelled
from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.prefect_server.jobs.job import (
    POOL_LABEL,
    RUN_LABEL,
    WORKER_LABEL,
    Ending,
    Job,
    Left,
    Platform,
)
from lume_services.services.scheduling.prefect_server.work_pool import WorkPool, parse_worker
from lume_services.services.scheduling.run import TERMINAL

if TYPE_CHECKING:
    from anyio.abc import TaskStatus
    from prefect.client.schemas.objects import FlowRun

T = TypeVar("T")

logger = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
LOOK_SECONDS = 5.0
_NO_JOB = -1


class JobConfiguration(BaseJobConfiguration):
    """What the server says of a job; the options of the run are its further fields."""

    model_config = ConfigDict(extra="allow")

    def prepare_for_flow_run(self, flow_run: FlowRun, *arguments: Any, **options: Any) -> None:
        """Take in what is known of the run."""
        own = dict(self.env)
        super().prepare_for_flow_run(flow_run, *arguments, **options)
        # The rest are the worker's settings of Prefect, with the authentication string.
        of_run = {name: text for name, text in self.env.items() if name.startswith("PREFECT__")}
        self.env = {**of_run, **own}


class Backend(Protocol):
    """What a worker of jobs needs to know."""

    kind: ClassVar[str]
    server: PrefectServer
    pool: WorkPool

    @property
    def platform(self) -> Platform[Any]:
        """Where jobs run."""

    def job(
        self, labels: Mapping[str, str], flow_run: FlowRun, configuration: JobConfiguration
    ) -> Job[Any]:
        """Return the job of a run, with labels that find it again."""


class JobResult(BaseWorkerResult):
    """How a job ended."""


class JobWorker(BaseWorker[JobConfiguration, Any, JobResult]):
    """Runs each run as a job; `worker_class` makes the class of one backend."""

    type = "lume-job"
    job_configuration = JobConfiguration
    runs_outlive_it = True
    backend: ClassVar[Backend]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._watched: dict[str, str | None] = {}
        self._stopping: set[str] = set()
        self.news = News(LOOK_SECONDS)
        self._threads = anyio.CapacityLimiter(float("inf"))

    async def start(self, *arguments: Any, **options: Any) -> None:
        """Take runs until cancelled."""
        looking = asyncio.create_task(self._look_after_jobs())
        try:
            await super().start(*arguments, **options)
        finally:
            looking.cancel()

    async def run(
        self,
        flow_run: FlowRun,
        configuration: JobConfiguration,
        task_status: TaskStatus[Any] | None = None,
    ) -> JobResult:
        """Run a flow's run to its end."""
        run_id, platform = str(flow_run.id), self.backend.platform
        self._watched[run_id] = None
        try:
            job = self.backend.job(self._labels_of_job(run_id), flow_run, configuration)
            identifier = await self._in_thread(platform.start, job)
        except LumeServicesError as error:
            del self._watched[run_id]
            await self._in_thread(self._report, run_id, Ending(_NO_JOB, str(error)))
            if task_status is not None:
                task_status.started(error)
            return JobResult(identifier=run_id, status_code=0)
        self._watched[run_id] = identifier
        if task_status is not None:
            task_status.started(identifier)
        try:
            await self._watch(run_id, identifier)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await self._in_thread(self._stop_if_over, run_id, identifier)
            raise
        # With another code Prefect would report a crash, which has been done in our words.
        return JobResult(identifier=identifier, status_code=0)

    async def kill_infrastructure(
        self, infrastructure_pid: str, configuration: JobConfiguration, grace_seconds: int = 30
    ) -> None:
        """Stop the job of a run that is cancelled before its flow has begun."""
        del configuration
        await self._in_thread(self.backend.platform.stop, infrastructure_pid, grace_seconds)

    def _labels_of_job(self, run_id: str) -> dict[str, str]:
        return {
            POOL_LABEL: str(self.work_pool.id),
            WORKER_LABEL: parse_worker(self.name).name,
            RUN_LABEL: run_id,
        }

    async def _watch(self, run_id: str, identifier: str) -> None:
        """Wait for a job's end, report it and remove the job."""
        self._watched[run_id] = identifier
        try:
            ending = await in_daemon(partial(self.backend.platform.wait, identifier))
            await self._in_thread(self._report, run_id, ending)
            await self._in_thread(self.backend.platform.remove, identifier)
        finally:
            self._watched.pop(run_id, None)
            self._stopping.discard(run_id)

    def _stop_if_over(self, run_id: str, identifier: str) -> None:
        """Stop the job of a run that is over; another worker sees any other one to its end."""
        try:
            run = self.backend.server.get(f"/flow_runs/{run_id}")
            if run is None or run["state_type"] in TERMINAL:
                self.backend.platform.stop(identifier, GRACE_SECONDS)
                self.backend.platform.remove(identifier)
        except LumeServicesError as error:
            logger.warning("run %s: %s", run_id, error)

    def _report(self, run_id: str, ending: Ending) -> None:
        """Tell the server of a run's end if the run has not done so."""
        server = self.backend.server
        state = (server.get(f"/flow_runs/{run_id}") or {}).get("state_type")
        if state == "CANCELLING":
            body = {"type": "CANCELLED", "name": "Cancelled", "message": "its job was stopped"}
        elif state in {"PENDING", "RUNNING"} or (state == "PAUSED" and ending.exit_code != 0):
            reason = ending.reason or f"its job ended with exit code {ending.exit_code}"
            logger.warning("run %s: %s", run_id, reason)
            body = {"type": "CRASHED", "name": "Crashed", "message": reason}
        else:
            return
        server.post(f"/flow_runs/{run_id}/set_state", {"state": body, "force": True})

    async def _look_after_jobs(self) -> None:
        """Take over what other workers left, and stop what is to be cancelled, again and again."""
        async with asyncio.TaskGroup() as begun:
            while True:
                try:
                    await self._look(begun)
                except Exception as error:  # noqa: BLE001  # whatever it was, it looks again
                    logger.warning("%s", error)
                await self.news.wait()

    async def _look(self, begun: asyncio.TaskGroup) -> None:
        if self._work_pool is None:
            return
        for left in await self._in_thread(self._without_worker):
            self._watched[left.run_id] = left.identifier
            begun.create_task(self._take_over(left))
        started = {run_id: job for run_id, job in self._watched.items() if job}
        asked = started.keys() - self._stopping
        for run_id in await self._in_thread(to_be_cancelled, self.backend.server, asked):
            self._stopping.add(run_id)
            begun.create_task(self._stop_job(run_id, started[run_id]))

    async def _stop_job(self, run_id: str, identifier: str) -> None:
        try:
            await self._in_thread(self.backend.platform.stop, identifier, GRACE_SECONDS)
        except LumeServicesError as error:
            logger.warning("run %s: %s", run_id, error)
            self._stopping.discard(run_id)

    def _without_worker(self) -> list[Left]:
        """Return the jobs of the pool that no worker watches."""
        own = parse_worker(self.name).name
        left = self.backend.platform.left(str(self.work_pool.id))
        left = [job for job in left if job.run_id not in self._watched]
        if all(job.worker == own for job in left):
            return left
        there = {worker.name for worker in self.backend.pool.workers()} - {own}
        return [job for job in left if job.worker not in there]

    async def _take_over(self, left: Left) -> None:
        """See a job of another worker to its end; end it where its run is over."""
        logger.info("takes over run %s from worker %s", left.run_id, left.worker)
        platform = self.backend.platform
        try:
            path = f"/flow_runs/{left.run_id}"
            run = await self._in_thread(self.backend.server.get, path)
            if run is None or run["state_type"] in TERMINAL:
                await self._in_thread(platform.stop, left.identifier, GRACE_SECONDS)
            else:
                # Or it would be given up with the worker that had it.
                await self._give_worker_labels_to_flow_run(UUID(left.run_id))
            await self._watch(left.run_id, left.identifier)
        except Exception as error:  # noqa: BLE001  # it is found again
            logger.warning("run %s: %s", left.run_id, error)
            self._watched.pop(left.run_id, None)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await anyio.to_thread.run_sync(partial(function, *arguments), limiter=self._threads)


async def in_daemon(function: Callable[[], T]) -> T:
    """Return what a function returns in a thread that does not keep this process alive."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(cast(T, result))
        else:
            future.set_exception(error)

    def work() -> None:
        outcome: tuple[T | None, Exception | None]
        try:
            outcome = function(), None
        except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
            outcome = None, error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, name="lume-job", daemon=True).start()
    return await future


def worker_class(backend: Backend) -> type[JobWorker]:
    """Return the class of a backend's workers."""
    return type("JobWorker", (JobWorker,), {"type": backend.kind, "backend": backend})
