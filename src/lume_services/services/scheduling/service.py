"""Registers flows, runs them on the configured backend and returns what they produced."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from lume_services import plugins
from lume_services.errors import RunTimeoutError
from lume_services.services.scheduling import entrypoints, installed, outcome
from lume_services.services.scheduling.backends.backend import Backend, RunConfig, Started, ignore
from lume_services.services.scheduling.flow_registrar import FlowRegistrar
from lume_services.services.scheduling.log_follower import following
from lume_services.services.scheduling.parameters import (
    as_parameters,
    check_parameters,
    check_types,
)
from lume_services.services.scheduling.registry import DEFAULT_PROJECT, FlowRecord
from lume_services.services.scheduling.run import TERMINAL, LogLine, RunInfo
from lume_services.services.scheduling.run_reader import RunReader
from lume_services.services.scheduling.scheduler import Scheduler
from lume_services.settings import LUMEServicesSettings

if TYPE_CHECKING:
    from prefect import Flow


class SchedulingService(FlowRegistrar, RunReader, Scheduler):
    """The door to a backend.

    Parameters
    ----------
    backend
        Where flows are registered and run.
    """

    def __init__(self, backend: Backend) -> None:
        FlowRegistrar.__init__(self, backend)
        RunReader.__init__(self, backend.history)
        Scheduler.__init__(self, backend)

    @property
    def runs_here(self) -> bool:
        """Whether runs are executed in this process, which then shows what they log itself."""
        return self._backend.runs_here

    def run(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        project_name: str = DEFAULT_PROJECT,
        run_config: RunConfig | None = None,
        key: str | None = None,
        started: Started = ignore,
        **overrides: Any,
    ) -> str:
        """Run a flow; return the run's identifier.

        On the local backend the run has ended when this returns, in whatever state.
        Inside a running flow it becomes a child of that flow's run.

        Parameters
        ----------
        flow
            A registered flow's record, or a Prefect flow.
        parameters
            JSON-serialisable values by parameter name.
        project_name
            Project of a Prefect flow that is given directly.
        run_config
            How to execute the run; made from ``overrides`` by default.
        key
            Inside a running flow: what names this child among its children. A flow that is
            retried finds the child of that key instead of starting another.
        started
            Called with the identifier as soon as there is the run, here while it goes on.

        Raises
        ------
        ParameterError
            Before anything runs, for unknown, missing, ill-typed or not
            JSON-serialisable parameters.
        """
        parameters = as_parameters(parameters)
        record, prefect_flow = self._both(flow, project_name)
        check_parameters(record, parameters)
        if prefect_flow is not None:
            check_types(prefect_flow, parameters)
        config = (
            run_config if run_config or not overrides else self._backend.run_config(**overrides)
        )
        if not isinstance(flow, FlowRecord):
            record = self._backend.offer(record, prefect_flow)
        return self._backend.run(record, prefect_flow, parameters, config, key, started=started)

    def run_and_return(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        project_name: str = DEFAULT_PROJECT,
        run_config: RunConfig | None = None,
        task_name: str | None = None,
        timeout: float | None = None,
        cancel_on_timeout: bool = True,
        log: Callable[[LogLine], object] | None = None,
        **overrides: Any,
    ) -> Any:
        """Run a flow to its end and return what it produced.

        Parameters are those of `run`, and:

        Parameters
        ----------
        timeout, cancel_on_timeout
            Seconds to wait for the end, and whether the run is then cancelled.
        task_name
            Return this task's result; a list where the task ran several times. Without
            it: the flow's return value, or all task results by name where it returns none.
        log
            Called, in another thread, with each line that the run and its child runs log.

        Raises
        ------
        FlowFailedError
            If the run ends in a state other than Completed.
        RunTimeoutError
            If it does not end in time.
        """
        options = {"project_name": project_name, "run_config": run_config, **overrides}
        with following(self._history, log) as started:
            run_id = self.run(flow, parameters, started=started, **options)
            try:
                self.wait(run_id, timeout)
            except RunTimeoutError:
                if cancel_on_timeout:
                    self.cancel(run_id)
                raise
        return self.produced(run_id, task_name)

    def wait(self, run_id: str, timeout: float | None = None) -> RunInfo:
        """Wait for a run's end, in whatever state; return the run.

        Parameters
        ----------
        run_id
            The run.
        timeout
            Seconds; None waits for ever.

        Raises
        ------
        RunTimeoutError
            If it has not ended by then; it goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        run = self.run_info(run_id)
        # An end that is told of may be that of the run before it was retried.
        while run.state_type not in TERMINAL:
            left = None if deadline is None else deadline - time.monotonic()
            ended = self.ended(run.id)
            in_time = wait([ended], left).done
            ended.cancel()
            run = self.run_info(run.id)
            if not in_time:
                break
        if run.state_type in TERMINAL:
            return run
        raise outcome.too_late(run, timeout)

    def ended(self, run_id: str) -> Future[None]:
        """Return at once what is done when a run has ended; cancel it to wait no longer.

        Parameters
        ----------
        run_id
            The run's whole identifier.
        """
        return self._backend.ended(run_id)

    def stream_logs(self, run_id: str, *, children: bool = False) -> Iterator[LogLine]:
        """Give the lines that a run logs, from its first on, as they come until its end.

        Each comes once; those of one process in their order.

        Parameters
        ----------
        run_id
            The run.
        children
            Whether to give those of its child runs, and of theirs, too.
        """
        run = self.run_info(run_id)
        ended = self.ended(run.id)
        try:
            for lines in self.follower(run.id, children=children).until(ended):
                yield from lines
        finally:
            ended.cancel()

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop; it ends as Cancelled."""
        self._backend.cancel(self.run_info(run_id).id)

    def serve(
        self,
        labels: Iterable[str] = (),
        *,
        limit: int | None = None,
        name: str | None = None,
        warm: Collection[str] | None = None,
    ) -> None:
        """Be a worker of the backend until a signal ends this process.

        Parameters
        ----------
        labels
            Takes runs that need these labels or some of them, and those that need none.
        limit
            How many runs at the same time.
        name
            Beginning of the name of the worker; by default the name of the host.
        warm
            Packages to import once, besides Prefect: the process of each run is then forked
            from one that has them, instead of started.

        Raises
        ------
        NeedsServerError
            On the local backend.
        """
        self._backend.serve(tuple(labels), limit, name, warm)

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        self._backend.close()

    def _both(
        self, flow: Flow[..., Any] | FlowRecord, project_name: str
    ) -> tuple[FlowRecord, Flow[..., Any] | None]:
        if isinstance(flow, FlowRecord):
            return flow, self._backend.load(flow)
        entrypoints.require_flow(flow)
        return installed.describe(flow, project_name, entrypoints.known(flow) or ""), flow


def build(settings: LUMEServicesSettings) -> SchedulingService:
    """Return the scheduling service on the backend that the settings name."""
    backend = plugins.load("lume_services.backends", settings.backend)
    return SchedulingService(backend.from_settings(settings))
