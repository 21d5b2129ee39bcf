"""What a Prefect server knows of runs, their tasks, logs and results."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from lume_services.errors import RunNotFoundError
from lume_services.services.scheduling.prefect_server import results
from lume_services.services.scheduling.prefect_server.connection import JSON, PrefectServer
from lume_services.services.scheduling.prefect_server.work_pool import WorkPool
from lume_services.services.scheduling.registry import DEFAULT_PROJECT
from lume_services.services.scheduling.run import (
    TERMINAL,
    LogLine,
    RunError,
    RunInfo,
    RunResults,
    TaskRunInfo,
)
from lume_services.services.scheduling.run_context import (
    ENTRYPOINT_LABEL,
    IMAGE_LABEL,
    PROJECT_LABEL,
    RESUMES_LABEL,
    VERSION_LABEL,
)

# Among so many of the newest runs, one is looked for by the beginning of its identifier.
_SEARCHED = 1000
_NEWEST_FIRST = "EXPECTED_START_TIME_DESC"
_ENDED_BADLY = TERMINAL - {"COMPLETED"}


class ServerRunHistory:
    """Implements `RunHistory` on a Prefect server.

    Task runs are seen some seconds after they happen, as Prefect reports them by events.

    Parameters
    ----------
    server
        The server.
    pool
        The work pool, which knows why a run is not taken.
    """

    # Others ask the same server.
    look_seconds = 2.0

    def __init__(self, server: PrefectServer, pool: WorkPool) -> None:
        self._server = server
        self._pool = pool
        self._flow_names: dict[str, str] = {}

    def runs(self, limit: int, project_name: str | None) -> list[RunInfo]:
        """Return the newest runs that are no children, newest first."""
        wanted: JSON = {"flow_runs": {"parent_task_run_id": {"is_null_": True}}}
        if project_name is not None:
            wanted["deployments"] = {"name": {"any_": [project_name]}}
        found = self._server.filter("flow_runs", {**wanted, "sort": _NEWEST_FIRST}, limit)
        return self._described(list(found))

    def run(self, run_id: str) -> RunInfo:
        """Return a run by its identifier or a unique beginning of it."""
        run = self._find(run_id)
        (info,) = self._described([run], self._parent(run))
        return info

    def task_runs(self, run_id: str) -> list[TaskRunInfo]:
        """Return a run's task runs in the order of their start."""
        wanted = {
            "task_runs": {
                "flow_run_id": {"any_": [run_id]},
                "subflow_runs": {"exists_": False},
            }
        }
        found = [_task_run_info(each) for each in self._server.filter("task_runs", wanted)]
        return sorted(found, key=lambda task: task.id)

    def child_runs(self, run_id: str) -> list[RunInfo]:
        """Return the runs that a run started as its children, oldest first."""
        wanted = {"flow_runs": {"parent_flow_run_id": {"any_": [run_id]}}, "sort": _NEWEST_FIRST}
        found = self._described(list(self._server.filter("flow_runs", wanted)), run_id)
        return sorted(found, key=lambda run: run.created)

    def child_ids(self, run_ids: Collection[str]) -> list[str]:
        """Return the identifiers of the child runs of some runs."""
        wanted = {"flow_runs": {"parent_flow_run_id": {"any_": list(run_ids)}}}
        return [run["id"] for run in self._server.filter("flow_runs", wanted)]

    def logs(self, run_ids: Collection[str], since: datetime | None = None) -> list[LogLine]:
        """Return the log lines of some runs, since a time or all, in the order of their times."""
        wanted: JSON = {"flow_run_id": {"any_": list(run_ids)}}
        if since is not None:
            wanted["timestamp"] = {"after_": since.isoformat()}
        found = self._server.filter("logs", {"logs": wanted, "sort": "TIMESTAMP_ASC"})
        return [_log_line(each) for each in found]

    def results(self, run_id: str) -> RunResults:
        """Return what the run's flow and tasks returned."""
        return results.read_results(self._server, run_id)

    def _find(self, run_id: str) -> JSON:
        if _is_whole(run_id):
            run: JSON | None = self._server.get(f"/flow_runs/{run_id}")
            found = [] if run is None else [run]
        else:
            newest = self._server.filter("flow_runs", {"sort": _NEWEST_FIRST}, _SEARCHED)
            found = [run for run in newest if run_id and run["id"].startswith(run_id)]
        if not found:
            raise RunNotFoundError(
                f"there is no run {run_id!r} on the Prefect server at {self._server.url}; "
                "`lume-services runs` lists the runs."
            )
        if len(found) > 1:
            known = ", ".join(run["id"] for run in found[:3])
            raise RunNotFoundError(
                f"{run_id!r} is the beginning of several runs ({known} ...); give more of it."
            )
        return found[0]

    def _parent(self, run: JSON) -> str | None:
        if run["parent_task_run_id"] is None:
            return None
        task_run = self._server.get(f"/task_runs/{run['parent_task_run_id']}")
        return None if task_run is None else task_run["flow_run_id"]

    def _described(self, runs: list[JSON], parent: str | None = None) -> list[RunInfo]:
        self._learn_flow_names(run["flow_id"] for run in runs)
        bad = [run["id"] for run in runs if run["state_type"] in _ENDED_BADLY]
        errors = results.read_errors(self._server, bad)
        return [
            _run_info(
                run,
                flow_name=self._flow_names[run["flow_id"]],
                project_name=self._project(run, parent),
                parent=parent,
                error=errors.get(run["id"]),
                message=self._pool.obstacle(run),
            )
            for run in runs
        ]

    def _learn_flow_names(self, identifiers: Iterable[str]) -> None:
        unknown = sorted(set(identifiers) - self._flow_names.keys())
        if unknown:
            wanted = {"flows": {"id": {"any_": unknown}}}
            for flow in self._server.filter("flows", wanted):
                self._flow_names[flow["id"]] = flow["name"]

    def _project(self, run: JSON, parent: str | None) -> str:
        """Return a run's project: its deployment's, or for a child of a flow its parent's."""
        if PROJECT_LABEL in run["labels"]:
            return str(run["labels"][PROJECT_LABEL])
        if run["deployment_id"] is not None:
            deployment = self._server.get(f"/deployments/{run['deployment_id']}")
            return DEFAULT_PROJECT if deployment is None else str(deployment["name"])
        return DEFAULT_PROJECT if parent is None else self.run(parent).project_name


def _is_whole(run_id: str) -> bool:
    try:
        return str(uuid.UUID(run_id)) == run_id
    except ValueError:
        return False


def _run_info(
    run: JSON,
    *,
    flow_name: str,
    project_name: str,
    parent: str | None,
    error: RunError | None,
    message: str | None,
) -> RunInfo:
    state = run["state"] or {"type": "PENDING", "name": "Pending", "message": None}
    return RunInfo(
        id=run["id"],
        name=run["name"],
        flow_name=flow_name,
        project_name=project_name,
        state_type=state["type"],
        state_name=state["name"],
        message=message or state["message"],
        parameters=run["parameters"],
        created=datetime.fromisoformat(run["created"]),
        started=_time(run["start_time"]),
        ended=_time(run["end_time"]),
        run_count=run["run_count"],
        parent_run_id=parent,
        error=error,
        tags=tuple(run["tags"]),
        entrypoint=run["labels"].get(ENTRYPOINT_LABEL),
        version=run["labels"].get(VERSION_LABEL),
        image=run["labels"].get(IMAGE_LABEL),
        resumes=run["labels"].get(RESUMES_LABEL),
    )


def _task_run_info(task_run: JSON) -> TaskRunInfo:
    state = task_run["state"] or {"type": "PENDING", "name": "Pending", "message": None}
    return TaskRunInfo(
        id=task_run["id"],
        run_id=task_run["flow_run_id"],
        task_name=task_run["labels"].get(results.TASK_LABEL)
        or task_run["task_key"].rpartition("-")[0],
        name=task_run["name"],
        state_type=state["type"],
        state_name=state["name"],
        message=state["message"],
        started=_time(task_run["start_time"]),
        ended=_time(task_run["end_time"]),
        run_count=task_run["run_count"],
    )


def _log_line(line: JSON) -> LogLine:
    return LogLine(
        timestamp=datetime.fromisoformat(line["timestamp"]),
        level=line["level"],
        logger=line["name"],
        message=line["message"],
        run_id=line["flow_run_id"],
        task_run_id=line["task_run_id"],
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
