"""Registers flows, runs them on the configured backend and returns what they produced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lume_services import plugins
from lume_services.errors import FlowNotFoundError
from lume_services.services.scheduling import entrypoints, installed, names, outcome
from lume_services.services.scheduling.backends.backend import Backend, RunConfig
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.parameters import (
    as_parameters,
    check_parameters,
    check_types,
)
from lume_services.services.scheduling.registry import DEFAULT_PROJECT, FlowRecord
from lume_services.services.scheduling.run import LogLine, RunInfo, TaskRunInfo
from lume_services.settings import LUMEServicesSettings

if TYPE_CHECKING:
    from prefect import Flow


class SchedulingService:
    """The door to a backend.

    Parameters
    ----------
    backend
        Where flows are registered and run.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def create_project(self, name: str) -> None:
        """Make a project; making it again changes nothing.

        Raises
        ------
        InputError
            If the name is empty or has a character that Prefect keeps for itself.
        """
        names.check_project(name)
        self._backend.registry.create_project(name)

    def projects(self) -> list[str]:
        """Return the names of the projects, sorted."""
        return self._backend.registry.projects()

    def register_flow(
        self,
        flow: Flow[..., Any] | str,
        project_name: str,
        *,
        image: str | None = None,
        labels: Iterable[str] = (),
        schedule: object = None,
    ) -> FlowRecord:
        """Register a flow with a project, in place of an earlier registration.

        Parameters
        ----------
        flow
            A Prefect flow, or an entrypoint: ``package.module:flow`` or ``file.py:flow``.
        project_name
            The project; made if it is new.
        image
            Container image that is to run it.
        labels
            What a worker must serve to take its runs.
        schedule
            Needs a server backend.

        Raises
        ------
        FlowNotFoundError
            If the flow cannot be imported by another process.
        NeedsServerError
            If a schedule is given on the local backend.
        """
        found = entrypoints.load(flow) if isinstance(flow, str) else entrypoints.require_flow(flow)
        names.check_project(project_name)
        record = installed.describe(
            found, project_name, entrypoints.of(found), image=image, labels=tuple(labels)
        )
        self._backend.registry.save(record, schedule)
        return record

    def record(self, name: str, project_name: str = DEFAULT_PROJECT) -> FlowRecord:
        """Return what is known of a flow: registered, or offered by an installed package.

        Raises
        ------
        FlowNotFoundError
            With the nearest names.
        """
        names.check_flow(name, project_name)
        record = self._backend.registry.find(name, project_name) or installed.find(
            name, project_name
        )
        if record is not None:
            return record
        known = {each.name for each in self.records(project_name)} | set(installed.names())
        elsewhere = [each.project_name for each in self.records() if each.name == name]
        todo = (
            f"it is registered with project {' and '.join(map(repr, elsewhere))}: give that one."
            if elsewhere
            else f"{hint(name, known)} To register it: "
            f"lume-services register MODULE:FLOW --project {project_name}"
        )
        raise FlowNotFoundError(f"no flow {name!r} in project {project_name!r}; {todo}")

    def records(self, project_name: str | None = None) -> list[FlowRecord]:
        """Return the registered flows of a project, or of all."""
        return self._backend.registry.records(project_name)

    def installed_flows(self) -> dict[str, str]:
        """Return the flows that installed packages offer: entrypoint by name."""
        return installed.entrypoints_by_name()

    def load_flow(self, name: str, project_name: str = DEFAULT_PROJECT) -> Flow[..., Any]:
        """Import a registered flow.

        Raises
        ------
        FlowNotFoundError
            If it is not registered or cannot be imported.
        """
        return entrypoints.load(self.record(name, project_name).entrypoint)

    def run(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        project_name: str = DEFAULT_PROJECT,
        run_config: RunConfig | None = None,
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

        Raises
        ------
        ParameterError
            Before anything runs, for unknown, missing, ill-typed or not
            JSON-serialisable parameters.
        """
        parameters = as_parameters(parameters)
        record, prefect_flow = self._both(flow, project_name)
        check_parameters(record, parameters)
        check_types(prefect_flow, parameters)
        config = (
            run_config if run_config or not overrides else self._backend.run_config(**overrides)
        )
        return self._backend.run(record, prefect_flow, parameters, config)

    def run_and_return(
        self,
        flow: Flow[..., Any] | FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        project_name: str = DEFAULT_PROJECT,
        run_config: RunConfig | None = None,
        task_name: str | None = None,
        **overrides: Any,
    ) -> Any:
        """Run a flow to its end and return what it produced.

        Parameters are those of `run`, and:

        Parameters
        ----------
        task_name
            Return this task's result; a list where the task ran several times. Without
            it: the flow's return value, or all task results by name where it returns none.

        Raises
        ------
        FlowFailedError
            If the run ends in a state other than Completed.
        """
        run_id = self.run(
            flow, parameters, project_name=project_name, run_config=run_config, **overrides
        )
        self.require_completed(run_id)
        if task_name is not None:
            return self.get_task_result(run_id, task_name)
        returned = self.get_result(run_id)
        return self.task_results(run_id) if returned is None else returned

    def require_completed(self, run_id: str) -> RunInfo:
        """Return the run if it is Completed.

        Raises
        ------
        FlowFailedError
            With flow, run, task and cause, if it is not.
        """
        run = self.run_info(run_id)
        if run.state_type != "COMPLETED":
            raise outcome.failure(run, self.task_runs(run.id))
        return run

    def get_result(self, run_id: str) -> Any:
        """Return what a run's flow returned; None where it returned nothing.

        Raises
        ------
        NotSerializableError
            If what it returned is not JSON.
        """
        run = self.run_info(run_id)
        returned = self._backend.history.results(run.id).returned
        return None if returned is None else outcome.json_of(returned, f"flow {run.flow_name!r}")

    def get_task_result(self, run_id: str, task_name: str) -> Any:
        """Return what a task returned; a list where it ran several times.

        Raises
        ------
        TaskNotFoundError
            If the run has no finished task of that name.
        NotSerializableError
            If what it returned is not JSON.
        """
        run = self.run_info(run_id)
        return outcome.task_result(run, self._backend.history.results(run.id), task_name)

    def task_results(self, run_id: str) -> dict[str, Any]:
        """Return the JSON results of a run's tasks by name; others are left out."""
        return outcome.json_results(self._backend.history.results(self.run_info(run_id).id))

    def runs(self, limit: int = 50, project_name: str | None = None) -> list[RunInfo]:
        """Return the newest runs, newest first; children are not among them."""
        return self._backend.history.runs(limit, project_name)

    def run_info(self, run_id: str) -> RunInfo:
        """Return a run by its identifier or a unique beginning of it.

        Raises
        ------
        RunNotFoundError
            If there is none, or more than one.
        """
        return self._backend.history.run(run_id)

    def task_runs(self, run_id: str) -> list[TaskRunInfo]:
        """Return a run's task runs in the order of their start."""
        return self._backend.history.task_runs(self.run_info(run_id).id)

    def child_runs(self, run_id: str) -> list[RunInfo]:
        """Return the runs that a run started as its children, oldest first."""
        return self._backend.history.child_runs(self.run_info(run_id).id)

    def logs(self, run_id: str) -> list[LogLine]:
        """Return a run's log lines in the order of their times."""
        return self._backend.history.logs(self.run_info(run_id).id)

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop; it ends as Cancelled."""
        self._backend.cancel(self.run_info(run_id).id)

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        self._backend.close()

    def _both(
        self, flow: Flow[..., Any] | FlowRecord, project_name: str
    ) -> tuple[FlowRecord, Flow[..., Any]]:
        if isinstance(flow, FlowRecord):
            return flow, entrypoints.load(flow.entrypoint)
        entrypoints.require_flow(flow)
        return installed.describe(flow, project_name, entrypoint=""), flow


def build(settings: LUMEServicesSettings) -> SchedulingService:
    """Return the scheduling service on the backend that the settings name."""
    backend = plugins.load("lume_services.backends", settings.backend)
    return SchedulingService(backend.from_settings(settings))
