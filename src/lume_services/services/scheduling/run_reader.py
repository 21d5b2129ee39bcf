"""What the history tells of runs to those who ask for one by its identifier."""

from __future__ import annotations

from typing import Any

from lume_services.services.scheduling import outcome
from lume_services.services.scheduling.backends.backend import RunHistory
from lume_services.services.scheduling.log_follower import LogFollower
from lume_services.services.scheduling.run import LogLine, RunInfo, TaskRunInfo


class RunReader:
    """Reads runs, their tasks, logs and results.

    Parameters
    ----------
    history
        The history of a backend.
    """

    def __init__(self, history: RunHistory) -> None:
        self._history = history

    @property
    def look_seconds(self) -> float:
        """How long who watches a run is to leave between two looks at it."""
        return self._history.look_seconds

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
        returned = self._history.results(run.id).returned
        return None if returned is None else outcome.json_of(returned, f"flow {run.flow_name!r}")

    def has_result(self, run_id: str) -> bool:
        """Tell whether what a run's flow returned has been kept, be it nothing."""
        return self._history.results(self.run_info(run_id).id).returned is not None

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
        return outcome.task_result(run, self._history.results(run.id), task_name)

    def produced(self, run_id: str, task_name: str | None = None) -> Any:
        """Return what a run that must have ended well produced.

        Parameters
        ----------
        run_id
            The run.
        task_name
            Return this task's result; a list where it ran several times. Without it: the
            flow's return value, or all task results by name where it returns none.

        Raises
        ------
        FlowFailedError
            If the run is not Completed.
        """
        self.require_completed(run_id)
        if task_name is not None:
            return self.get_task_result(run_id, task_name)
        returned = self.get_result(run_id)
        return self.task_results(run_id) if returned is None else returned

    def task_results(self, run_id: str) -> dict[str, Any]:
        """Return the JSON results of a run's tasks by name; others are left out."""
        return outcome.json_results(self._history.results(self.run_info(run_id).id))

    def runs(self, limit: int = 50, project_name: str | None = None) -> list[RunInfo]:
        """Return the newest runs, newest first; children are not among them."""
        return self._history.runs(limit, project_name)

    def run_info(self, run_id: str) -> RunInfo:
        """Return a run by its identifier or a unique beginning of it.

        Raises
        ------
        RunNotFoundError
            If there is none, or more than one.
        """
        return self._history.run(run_id)

    def task_runs(self, run: str | RunInfo) -> list[TaskRunInfo]:
        """Return a run's task runs in the order of their start."""
        return self._history.task_runs(self._id(run))

    def child_runs(self, run: str | RunInfo) -> list[RunInfo]:
        """Return the runs that a run started as its children, oldest first."""
        return self._history.child_runs(self._id(run))

    def logs(self, run_id: str, *, children: bool = False) -> list[LogLine]:
        """Return a run's log lines in the order of their times.

        Parameters
        ----------
        run_id
            The run.
        children
            Whether to return those of its child runs, and of theirs, too.
        """
        return self.follower(self.run_info(run_id).id, children=children).rest()

    def follower(self, run_id: str, *, children: bool) -> LogFollower:
        """Return what finds the log lines of a run as they come.

        Parameters
        ----------
        run_id
            The run's whole identifier.
        children
            Whether to find those of its child runs, and of theirs, too.
        """
        return LogFollower(self._history, run_id, children=children)

    def _id(self, run: str | RunInfo) -> str:
        """Return a run's whole identifier, without asking where the run has been read."""
        return run.id if isinstance(run, RunInfo) else self.run_info(run).id
