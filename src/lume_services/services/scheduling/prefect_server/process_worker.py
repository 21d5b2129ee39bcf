"""A worker whose runs are processes on its host: Prefect's own, which is light on the server.

Prefect's connects with the server's events twice for each run: to learn that it is to be
cancelled, and to tell that it was. Here one question does for all runs, and only a run that was
cancelled is told of. This goes past the public surface of `prefect.runner`: two names of its
module `_flow_run_executor` are replaced, in the worker's process.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from prefect.events.clients import get_events_client
from prefect.runner import _flow_run_executor
from prefect.workers.process import ProcessWorker

from lume_services.services.scheduling.prefect_server.cancelling import News, to_be_cancelled
from lume_services.services.scheduling.prefect_server.connection import PrefectServer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
_executor: Any = _flow_run_executor

Cancel = Callable[[UUID], None]


class _Light:
    """What a worker of Prefect's does otherwise here."""

    server: ClassVar[PrefectServer]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cancel: dict[str, Cancel] = {}
        self.news = News(LOOK_SECONDS)

    async def start(self, *arguments: Any, **options: Any) -> None:
        """Take runs until cancelled."""
        _executor.FlowRunCancellingObserver = partial(_Observer, self._cancel)
        _executor.EventEmitter = partial(_executor.EventEmitter, get_events_client=_OnDemand)
        looking = asyncio.create_task(self._look())
        try:
            await super().start(*arguments, **options)  # type: ignore[misc]
        finally:
            looking.cancel()

    async def _look(self) -> None:
        while True:
            await self.news.wait()
            try:
                await self._cancel_runs()
            except Exception as error:  # noqa: BLE001  # whatever it was, it looks again
                logger.warning("looks for cancelled runs again soon: %s", error)

    async def _cancel_runs(self) -> None:
        asked = list(self._cancel)
        for run_id in await asyncio.to_thread(to_be_cancelled, self.server, asked):
            if (cancel := self._cancel.pop(run_id, None)) is not None:
                cancel(UUID(run_id))


class _Observer:
    """Has the place of Prefect's `FlowRunCancellingObserver`."""

    def __init__(self, cancel: dict[str, Cancel], on_cancelling: Cancel, **_options: Any) -> None:
        self._cancel = cancel
        self._on_cancelling = on_cancelling

    async def __aenter__(self) -> _Observer:
        return self

    async def __aexit__(self, *_error: object) -> None:
        own = [key for key, cancel in self._cancel.items() if cancel is self._on_cancelling]
        for run_id in own:
            del self._cancel[run_id]

    def add_in_flight_flow_run_id(self, run_id: UUID) -> None:
        self._cancel[str(run_id)] = self._on_cancelling

    def remove_in_flight_flow_run_id(self, run_id: UUID) -> None:
        self._cancel.pop(str(run_id), None)


class _OnDemand:
    """Connects with the server's events for each that it tells."""

    async def __aenter__(self) -> _OnDemand:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is open."""

    async def emit(self, event: Any) -> None:
        try:
            async with get_events_client(checkpoint_every=1) as client:
                await client.emit(event)
        except Exception as error:  # noqa: BLE001  # the run is cancelled, told of or not
            logger.warning("the server is not told that a run was cancelled: %s", error)


def worker_class(server: PrefectServer) -> type[Any]:
    """Return the class of the workers of a server.

    Parameters
    ----------
    server
        Where the runs are.
    """
    with warnings.catch_warnings():
        # It stands in the place of Prefect's own, on purpose and in this process only.
        warnings.simplefilter("ignore")
        return type(
            "LightProcessWorker", (_Light, ProcessWorker), {"type": "process", "server": server}
        )
