"""A worker: takes the runs whose labels it serves, as soon as they are submitted.

Prefect's workers poll work queues every ten seconds. Ours do that too, and are woken by
the server's events. It goes past the public surface of `prefect.workers` in one place:
the set of queues to poll is changed while the worker runs, as queues come with the labels
of new flows.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import httpx

from lume_services.errors import SchedulingError
from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.prefect_server.deployments import labels_of
from lume_services.services.scheduling.prefect_server.flow_process import WARM_SOCKET
from lume_services.services.scheduling.prefect_server.guard import WORKER_PROCESS
from lume_services.services.scheduling.prefect_server.holding import Holding
from lume_services.services.scheduling.prefect_server.work_pool import (
    WorkPool,
    check_labels,
    worker_name,
)

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5
_SCHEDULED = "prefect.flow-run.Scheduled"
_CANCELLING = "prefect.flow-run.Cancelling"
_NO_QUEUE = "lume-none"
_WARM = "lume_services.services.scheduling.prefect_server.warm"


def serve(
    server: PrefectServer,
    pool: WorkPool,
    base: type[Any],
    *,
    labels: Iterable[str],
    limit: int | None,
    name: str | None,
    warm: Iterable[str] | None,
) -> None:
    """Take runs until a signal ends it.

    Parameters
    ----------
    server, pool
        Where the runs wait.
    base
        Prefect's class of the workers, which is extended by labels and by waking up.
    labels
        The labels that are served.
    limit
        How many runs at the same time.
    name
        Beginning of the worker's name; by default the host's.
    warm
        Packages to import once, in a process that is then forked for each run; None starts
        a new process for each.
    """
    check_labels(labels)
    own_name = worker_name(f"{name or socket.gethostname()}-{secrets.token_hex(3)}", labels)
    pool.ensure()
    os.environ[WORKER_PROCESS] = str(os.getpid())
    worker = _class(base)(
        server=server,
        pool=pool,
        labels=frozenset(labels),
        work_pool_name=pool.name,
        name=own_name,
        limit=limit,
        heartbeat_interval_seconds=HEARTBEAT_SECONDS,
    )
    with nullcontext() if warm is None else _forking(warm):
        try:
            asyncio.run(_until_signal(worker))
        finally:
            pool.leave(own_name)
            worker.give_back()


@contextmanager
def _forking(modules: Iterable[str]) -> Iterator[None]:
    """Let the processes of runs be forked, for this process and those that it starts."""
    from prefect.settings import get_current_settings

    # As Prefect gives them to a run, so that its fork need not read settings again.
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    with tempfile.TemporaryDirectory(prefix="lume-") as folder:
        address = str(Path(folder) / "warm")
        command = [sys.executable, "-m", _WARM, address, *modules]
        # It ends when the other end of its input does.
        until, alive = os.pipe()
        with subprocess.Popen(  # noqa: S603
            command, stdin=until, stdout=subprocess.PIPE, env=os.environ | settings
        ) as process:
            os.close(until)
            try:
                if process.stdout is None or process.stdout.readline() != b"ready\n":
                    raise SchedulingError(
                        f"a warm worker cannot import {' or '.join(modules) or 'Prefect'}; what "
                        "is wrong stands above."
                    )
                os.environ[WARM_SOCKET] = address
                yield
            finally:
                os.close(alive)


async def _until_signal(worker: Any) -> None:
    loop, working = asyncio.get_running_loop(), asyncio.ensure_future(worker.start())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.end, working.cancel)
    with suppress(asyncio.CancelledError):
        await working


def _class(base: type[Any]) -> Any:
    with warnings.catch_warnings():
        # It stands in the place of Prefect's own, on purpose and in this process only.
        warnings.simplefilter("ignore")
        return type(f"Lume{base.__name__}", (_Serving, base), {"type": base.type})


class _Serving(Holding):
    """Takes the runs of the work queues whose labels it serves."""

    def __init__(self, labels: frozenset[str], **rest: Any) -> None:
        super().__init__(**rest)
        self._labels = labels
        self._polling = asyncio.Lock()

    async def start(self, *arguments: Any, **options: Any) -> None:
        """Take runs until cancelled."""
        each_for_itself = (self._wake_up, self.refill, self.look_after)
        besides = [asyncio.create_task(each()) for each in each_for_itself]
        try:
            await super().start(*arguments, **options)  # type: ignore[misc]
        finally:
            for task in besides:
                task.cancel()

    async def get_and_submit_flow_runs(self) -> list[Any]:
        """Take what waits in the queues that are served."""
        if self._stop is not None or self.is_full():
            return []
        async with self._polling:
            try:
                self._work_queues = await asyncio.to_thread(self._served_queues)
                found: list[Any] = await super().get_and_submit_flow_runs()  # type: ignore[misc]
            except (SchedulingError, httpx.HTTPError) as error:
                logger.warning("looks for runs again soon: %s", error)
                return []
            return found

    async def _propose_submitting_state(self, flow_run: Any) -> None:
        """Leave out a state between Pending and Running, which costs as much as those."""

    def _served_queues(self) -> set[str]:
        pool: str = self._work_pool_name  # type: ignore[attr-defined]
        queues = self._server.filter(f"work_pools/{pool}/queues", {})
        names = {queue["name"] for queue in queues}
        # None at all would stand for every queue.
        return {name for name in names if labels_of(name) <= self._labels} or {_NO_QUEUE}

    async def _wake_up(self) -> None:
        """Look for runs whenever one is scheduled, as long as the server tells of it."""
        from prefect.events import get_events_subscriber
        from prefect.events.filters import EventFilter, EventNameFilter

        wanted = EventFilter(event=EventNameFilter(name=[_SCHEDULED, _CANCELLING]))
        while True:
            try:
                async with get_events_subscriber(filter=wanted) as events:
                    async for event in events:
                        if event.event == _SCHEDULED:
                            await self.get_and_submit_flow_runs()
                        else:
                            self.news.come()  # type: ignore[attr-defined]
            except Exception:  # noqa: BLE001  # whatever ends the stream, polling goes on
                await asyncio.sleep(1)
