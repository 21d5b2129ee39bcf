"""The contract of a backend: where flows are known, where they run, what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from lume_services.errors import InputError
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run import LogLine, RunInfo, RunResults, TaskRunInfo
from lume_services.services.scheduling.schedule import FlowSchedule, Schedule

if TYPE_CHECKING:
    from prefect import Flow

Started = Callable[[str], object]
"""Called with a run's identifier as soon as there is the run."""


def ignore(run_id: str) -> None:
    """Do nothing with a run that has been started."""


class RunConfig(BaseModel):
    """How one run is to be executed; each backend has its own subclass.

    Parameters
    ----------
    labels
        What a worker must serve to take the run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return a run configuration from keyword arguments.

        Raises
        ------
        InputError
            Naming each option that is unknown or ill-typed, and the known ones.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, each['loc']))}={each['input']!r}: {each['msg']}"
                for each in error.errors(include_url=False)
            )
            known = ", ".join(sorted(cls.model_fields))
            raise InputError(f"run options: {problems}; a run takes: {known}.") from None

    def build(self) -> dict[str, Any]:
        """Return the settings of the run in the form that the backend takes."""
        return self.model_dump(exclude_none=True)


class Registry(Protocol):
    """The flows that a backend knows, by project and name.

    Thread-safe and blocking. Errors are `SchedulingError` when the place that
    holds them cannot be used.
    """

    def create_project(self, name: str) -> None:
        """Make a project; making it again changes nothing."""

    def projects(self) -> list[str]:
        """Return the names of the projects, sorted."""

    def save(
        self,
        record: FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """Write a flow, in place of the one of that name and project.

        ``parameters`` are the values that its runs have unless they are given others.
        Raises `NeedsServerError` for a schedule where nobody could keep it.
        """

    def find(self, name: str, project_name: str) -> FlowRecord | None:
        """Return a flow, or None."""

    def records(self, project_name: str | None = None) -> list[FlowRecord]:
        """Return the flows of a project or of all, by project and name."""


class RunHistory(Protocol):
    """What happened: runs, their tasks, logs and results.

    Thread-safe and blocking; a run is seen here as soon as it is made. Who watches a run
    leaves ``look_seconds`` between two looks.
    """

    look_seconds: float

    def runs(self, limit: int, project_name: str | None) -> list[RunInfo]:
        """Return the newest runs that are no children, newest first."""

    def run(self, run_id: str) -> RunInfo:
        """Return a run by its identifier or a unique beginning of it."""

    def task_runs(self, run_id: str) -> list[TaskRunInfo]:
        """Return a run's task runs in the order of their start."""

    def child_runs(self, run_id: str) -> list[RunInfo]:
        """Return the runs that a run started as its children, oldest first."""

    def child_ids(self, run_ids: Collection[str]) -> list[str]:
        """Return the identifiers of the child runs of some runs."""

    def logs(self, run_ids: Collection[str], since: datetime | None = None) -> list[LogLine]:
        """Return the log lines of some runs, since a time or all, in the order of their times."""

    def results(self, run_id: str) -> RunResults:
        """Return what the run's flow and tasks returned."""


class Schedules(Protocol):
    """The schedules of the flows that a backend knows.

    Thread-safe and blocking. Errors are `SchedulingError` when the place that holds them
    cannot be used.
    """

    def read(self, project_name: str | None, count: int) -> list[FlowSchedule]:
        """Return the schedules of a project or of all, with the next ``count`` times of each."""

    def set_active(self, flow_name: str, project_name: str, active: bool) -> None:
        """Let the schedules of a flow start runs, or not.

        Raises `InputError` where the flow has none.
        """


class Backend(Protocol):
    """Runs flows.

    ``run`` starts a flow with parameters that have been checked and returns the
    run's identifier; on the local backend the run has ended by then, on the others
    it has been submitted. Called inside a running flow, it makes the run a child of
    that flow's run. All methods may be called from any thread. Errors are
    `SchedulingError` when the place that runs flows cannot be reached. ``home`` is the
    folder of this host for what is kept. ``runs_here`` tells whether flows run in this process.
    """

    registry: Registry
    history: RunHistory
    home: Path
    runs_here: bool

    @property
    def schedules(self) -> Schedules:
        """The schedules; raises `NeedsServerError` where nobody could keep them."""

    def load(self, record: FlowRecord) -> Flow[..., Any] | None:
        """Import a flow that is to run in this process; None where it runs elsewhere."""

    def offer(
        self,
        record: FlowRecord,
        flow: Flow[..., Any] | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> FlowRecord:
        """Let a flow be run that need not be registered; return its record.

        ``parameters`` are the values that its runs have unless they are given others.
        """

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
        """Run a flow; return the run's identifier whatever state it ends in.

        With a ``key``, a flow's run makes a child of that key once, also where the run is
        retried in another process. ``started`` learns the identifier as soon as there is one.
        """

    def ended(self, run_id: str) -> Future[None]:
        """Return at once what is done when a run has ended; cancel it to wait no longer."""

    def run_config(self, **values: Any) -> RunConfig:
        """Return this backend's run configuration from keyword arguments."""

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop; it ends as Cancelled."""

    def serve(
        self,
        labels: Collection[str],
        limit: int | None,
        name: str | None,
        warm: Collection[str] | None,
    ) -> None:
        """Be a worker until a signal ends this process.

        Takes up to ``limit`` runs at a time that need no other than these labels. With
        ``warm``, the processes of runs are forked from one that has imported these packages.
        Raises `NeedsServerError` where the backend has no workers.
        """

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
