"""Registers flows, runs them on the configured backend and returns what they produced."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lume_services import plugins
from lume_services.errors import RunTimeoutError
from lume_services.services.scheduling import entrypoints, installed
from lume_services.services.scheduling.backends.backend import Backend, RunConfig
from lume_services.services.scheduling.flow_registrar import FlowRegistrar
from lume_services.services.scheduling.parameters import (
    as_parameters,
    check_parameters,
    check_types,
)
from lume_services.services.scheduling.registry import DEFAULT_PROJECT, FlowRecord
from lume_services.services.scheduling.run import TERMINAL, RunInfo
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

    def run(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        project_name: str = DEFAULT_PROJECT,
        run_config: RunConfig | None = None,
        key: str | None = None,
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
        if isinstance(flow, FlowRecord):
            return self._backend.run(record, prefect_flow, parameters, config, key)
        record = self._backend.offer(record, prefect_flow)
        return self._backend.run(record, prefect_flow, parameters, config, key)

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

        Raises
        ------
        FlowFailedError
            If the run ends in a state other than Completed.
        RunTimeoutError
            If it does not end in time.
        """
        run_id = self.run(
            flow, parameters, project_name=project_name, run_config=run_config, **overrides
        )
        try:
            self.wait(run_id, timeout)
        except RunTimeoutError:
            if cancel_on_timeout:
                self.cancel(run_id)
            raise
        self.require_completed(run_id)
        if task_name is not None:
            return self.get_task_result(run_id, task_name)
        returned = self.get_result(run_id)
        return self.task_results(run_id) if returned is None else returned

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
            ended = self._backend.wait(run.id, left)
            run = self.run_info(run.id)
            if not ended:
                break
        if run.state_type in TERMINAL:
            return run
        raise RunTimeoutError(
            f"run {run.id} of flow {run.flow_name!r} is {run.state_name} after {timeout} s"
            f"{': ' + run.message if run.message else ''}; see: lume-services runs show {run.id}"
        )

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
