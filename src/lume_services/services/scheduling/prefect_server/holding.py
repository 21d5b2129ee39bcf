"""What a worker does about the runs that it has taken: none is lost, and none run twice.

It goes past the public surface of `prefect.workers` in four places: a run is held from
`_submit_run` on, `_submit_scheduled_flow_runs` takes none that is held already, a heartbeat that
fails in `_sync_and_initialize` does not end the worker, and `_give_worker_labels_to_flow_run` asks
again soon where the server is busy. Prefect asks after 2, 4, 8 seconds and so on, up to minutes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import httpx

from lume_services.errors import LumeServicesError
from lume_services.services.scheduling.prefect_server.connection import (
    PATIENCE_SECONDS_OF_FLOWS,
    PrefectServer,
)
from lume_services.services.scheduling.prefect_server.lost_workers import (
    LONGEST_PAUSE_SECONDS,
    WORKER_LABEL,
    LostWorkers,
)
from lume_services.services.scheduling.prefect_server.work_pool import WorkPool
from lume_services.services.scheduling.run import COMPOSED

logger = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
MOMENT_SECONDS = 0.1
_CRASHED = {
    "type": "CRASHED",
    "name": "Crashed",
    "message": "The worker that had started this run was stopped before the run's end.",
}
_HANDED_BACK = {"type": "SCHEDULED", "name": "Scheduled", "message": "handed back by a worker"}


class Holding:
    """A worker that knows which runs it has taken; a base class of one of Prefect's.

    Parameters
    ----------
    server, pool
        Where the runs come from.
    """

    def __init__(self, server: PrefectServer, pool: WorkPool, **rest: Any) -> None:
        super().__init__(**rest)
        self._server = server
        self._patient_server = PrefectServer(server.settings, PATIENCE_SECONDS_OF_FLOWS)
        self._lost = LostWorkers(server, pool)
        self._held: Counter[str] = Counter()
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._stopped: dict[str, bool] = {}
        self._stop: Callable[[], object] | None = None
        self._some_wait = False
        self._released = asyncio.Event()

    def end(self, stop: Callable[[], object]) -> None:
        """Take no more runs, and stop when those that run have ended; the second time, at once.

        Parameters
        ----------
        stop
            Stops this worker.
        """
        if self._stop is not None or not self._held:
            stop()
        self._stop = stop

    def give_back(self) -> None:
        """Tell the server of the runs that the end of this worker has stopped."""
        # Jobs go on, and the next worker takes them over.
        outlived = getattr(self, "runs_outlive_it", False)
        for run_id, started in self._stopped.items():
            if started and outlived:
                continue
            body = {"state": _CRASHED if started else _HANDED_BACK, "force": False}
            self._server.post(f"/flow_runs/{run_id}/set_state", body)

    async def _submit_scheduled_flow_runs(self, flow_run_response: list[Any]) -> list[Any]:
        # One that is retried may be there while its former process is about to end.
        free = [each for each in flow_run_response if str(each.flow_run.id) not in self._held]
        taken: list[Any] = await super()._submit_scheduled_flow_runs(free)  # type: ignore[misc]
        self._some_wait = len(taken) < len(flow_run_response)
        return taken

    async def _submit_run(self, flow_run: Any) -> None:
        with self._holding(str(flow_run.id), started=False):
            await super()._submit_run(flow_run)  # type: ignore[misc]

    async def run(self, flow_run: Any, *arguments: Any, **options: Any) -> Any:
        """Run a flow to its end."""
        from prefect.workers.base import BaseWorkerResult

        run_id = str(flow_run.id)
        with self._holding(run_id, started=True), anyio.CancelScope() as scope:
            self._scopes[run_id] = scope
            if flow_run.parameters.keys() >= COMPOSED:
                # It waits for others, which may need its place.
                self._release_limit_slot(flow_run.id)  # type: ignore[attr-defined]
                self._released.set()
            await super().run(flow_run, *arguments, **options)  # type: ignore[misc]
        # A crash has been reported by now. With its code it would be once more, perhaps when
        # the run has been resumed already.
        return BaseWorkerResult(identifier=run_id, status_code=0)

    def is_full(self) -> bool:
        """Return whether no place is free; then runs that wait are looked for when one is."""
        limiter = self._limiter  # type: ignore[attr-defined]
        full = limiter is not None and limiter.available_tokens <= 0
        self._some_wait = self._some_wait or full
        return full

    @contextmanager
    def _holding(self, run_id: str, *, started: bool) -> Iterator[None]:
        self._held[run_id] += 1
        try:
            yield
        except asyncio.CancelledError:
            self._stopped[run_id] = started or self._stopped.get(run_id, False)
            raise
        finally:
            self._held -= Counter([run_id])
            if run_id not in self._held:
                self._scopes.pop(run_id, None)
                self._released.set()
            if self._stop is not None and not self._held:
                self._stop()

    async def _give_worker_labels_to_flow_run(self, flow_run_id: Any) -> None:
        labels = {WORKER_LABEL: self.name, "prefect.worker.type": self.type}  # type: ignore[attr-defined]
        path = f"/flow_runs/{flow_run_id}/labels"
        await asyncio.to_thread(self._patient_server.patch, path, labels)

    async def _sync_and_initialize(self) -> None:
        try:
            await super()._sync_and_initialize()  # type: ignore[misc]
        except httpx.HTTPError as error:
            logger.warning("the Prefect server does not answer: %r", error)

    async def refill(self) -> None:
        """Take runs that wait as soon as others have ended."""
        while True:
            await self._released.wait()
            # Its place is given up in a moment, and others may end in the same.
            await asyncio.sleep(MOMENT_SECONDS)
            self._released.clear()
            if self._some_wait:
                await self.get_and_submit_flow_runs()  # type: ignore[attr-defined]

    async def look_after(self) -> None:
        """Find the runs of lost workers, and stop own ones that others took for lost."""
        answered = time.time()
        while True:
            with suppress(LumeServicesError):
                await asyncio.to_thread(self._lost.look)
                # By a clock that goes on while the host sleeps.
                if time.time() - answered > LONGEST_PAUSE_SECONDS:
                    for run_id in await asyncio.to_thread(self._taken_for_lost):
                        logger.warning("stops run %s, which was taken for lost", run_id)
                        self._scopes[run_id].cancel()
                answered = time.time()
            await asyncio.sleep(LOOK_SECONDS)

    def _taken_for_lost(self) -> list[str]:
        own: str = self.name  # type: ignore[attr-defined]
        wanted = {"flow_runs": {"id": {"any_": sorted(self._scopes)}}}
        return [
            run["id"]
            for run in self._server.filter("flow_runs", wanted)
            if run["state_type"] == "CRASHED" or run["labels"].get(WORKER_LABEL, own) != own
        ]
