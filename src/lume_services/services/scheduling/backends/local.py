"""Runs flows in this process, on the embedded API: no server, no worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services.errors import NeedsServerError, SchedulingError
from lume_services.services.scheduling.backends.backend import (
    RunConfig,
    Schedules,
    Started,
    ignore,
)
from lume_services.services.scheduling.code import loading
from lume_services.services.scheduling.local_api.engine import LocalEngine, engine_for
from lume_services.services.scheduling.local_api.reading import LocalRunHistory
from lume_services.services.scheduling.local_api.registered import LocalRegistry
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run import TERMINAL
from lume_services.settings import LUMEServicesSettings

if TYPE_CHECKING:
    from prefect import Flow

POLL_SECONDS = 0.2


class LocalRunConfig(RunConfig):
    """How a run on the local backend is to be executed.

    Parameters
    ----------
    run_name
        Name of the run; a random one by default.
    tags
        Tags of the run and of its tasks.
    """

    run_name: str | None = None
    tags: tuple[str, ...] = ()


class LocalBackend:
    """Implements `Backend` in this process.

    A run has ended when `run` returns. Ctrl-C in the thread that runs it ends it
    as Cancelled. Labels are recorded but route nowhere: this process takes every
    run.

    Parameters
    ----------
    home
        Folder of the embedded store.
    """

    runs_here = True

    def __init__(self, home: Path) -> None:
        self.home = home
        self._engine: LocalEngine = engine_for(home)
        self.registry = LocalRegistry(self._engine.history)
        self.history = LocalRunHistory(self._engine.history)
        self._threads: dict[str, int] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: LUMEServicesSettings) -> LocalBackend:
        """Return the backend that the settings describe."""
        return cls(settings.home)

    @property
    def schedules(self) -> Schedules:
        """Refuse: nothing runs between two programs."""
        raise NeedsServerError(
            "the local backend has no schedules: nothing runs between two programs. Run flows "
            "from cron or a systemd timer with `lume-services run`, or use a server backend "
            "(LUME_BACKEND)."
        )

    def run_config(self, **values: Any) -> LocalRunConfig:
        """Return a run configuration from keyword arguments."""
        return LocalRunConfig.of(values)

    def load(self, record: FlowRecord) -> Flow[..., Any]:
        """Import a flow, and give it the name that it is registered by."""
        return loading.load(record, self.home)

    def offer(
        self,
        record: FlowRecord,
        flow: Flow[..., Any] | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> FlowRecord:
        """Return the record: what is in this process can be run."""
        del flow, parameters
        return record

    def run(
        self,
        record: FlowRecord,
        flow: Flow[..., Any] | None,
        parameters: Mapping[str, Any],
        config: RunConfig | None,
        key: str | None = None,
        *,
        started: Started = ignore,
    ) -> str:
        """Run a flow to its end; return the run's identifier whatever state it ends in."""
        from lume_services.services.scheduling.local_api import execution

        del key  # children end with their parent's process, so none is met again
        flow = self.load(record) if flow is None else flow
        with self._engine.active():
            run = execution.create(self._engine.history, record, flow, parameters, config)
            self._threads[run["id"]] = threading.get_ident()
            try:
                started(run["id"])
                execution.execute(self._engine.history, run, flow, dict(parameters))
            finally:
                with self._lock:
                    del self._threads[run["id"]]
        run_id: str = run["id"]
        return run_id

    def ended(self, run_id: str) -> Future[None]:
        """Return what is done when a run of another thread or process has ended."""
        ended: Future[None] = Future()
        threading.Thread(target=self._watch, args=(run_id, ended), daemon=True).start()
        return ended

    def _watch(self, run_id: str, ended: Future[None]) -> None:
        # Who waits meets the same fault by himself, or may have given up.
        with suppress(SchedulingError):
            while not ended.cancelled() and self._goes_on(run_id):
                time.sleep(POLL_SECONDS)
        with suppress(InvalidStateError):
            ended.set_result(None)

    def _goes_on(self, run_id: str) -> bool:
        return self.history.run(run_id).state_type not in TERMINAL

    def cancel(self, run_id: str) -> None:
        """Interrupt a run of this process, as Ctrl-C would in its own thread.

        The run is Cancelling at once, and Cancelled as soon as its thread executes Python
        code again or its process ends.
        """
        from lume_services.services.scheduling.local_api import execution, observer

        with self._lock:
            thread = self._threads.get(run_id)
            if thread is None:
                return
            execution.cancelling(self._engine.history, run_id)
            # Held, so that the thread is not stopped while it holds the history itself.
            self._engine.history.reading(lambda _: observer.interrupt(thread))

    def serve(
        self,
        labels: Collection[str],
        limit: int | None,
        name: str | None,
        warm: Collection[str] | None,
    ) -> None:
        """Refuse: the process that submits a run executes it."""
        del labels, limit, name, warm
        raise NeedsServerError(
            "the local backend has no workers: each program runs its flows itself. Name a server "
            "backend: lume-services worker start --backend process"
        )

    def close(self) -> None:
        """Stop the embedded API and close the store; a later call opens them again."""
        self._engine.close()
