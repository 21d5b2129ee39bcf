"""The history of the local backend, read: runs, tasks, logs and results."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

from lume_services.errors import RunNotFoundError
from lume_services.services.scheduling.local_api import flow_runs, logs
from lume_services.services.scheduling.local_api.engine import flush_logs
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.local_api.processes import is_gone
from lume_services.services.scheduling.run import (
    LogLine,
    RunError,
    RunInfo,
    RunResults,
    TaskRunInfo,
    Value,
)
from lume_services.services.scheduling.run_context import (
    ENTRYPOINT_LABEL,
    IMAGE_LABEL,
    RESUMES_LABEL,
    VERSION_LABEL,
)

_KILLED = (
    "The process that ran this flow ended without reporting: it was killed, ran out of memory, "
    "or the machine stopped."
)


# Sorts after every character of an identifier, so that a range of the index is a beginning.
_LAST = "~"


class LocalRunHistory:
    """Implements `RunHistory` over the embedded store.

    Parameters
    ----------
    history
        The embedded store.
    """

    look_seconds = 0.2

    def __init__(self, history: History) -> None:
        self._history = history

    def runs(self, limit: int, project_name: str | None) -> list[RunInfo]:
        """Return the newest runs that are no children, newest first."""
        self._bury_the_dead()
        rows = self._history.rows(
            "SELECT * FROM flow_runs"
            " WHERE parent_run_id IS NULL AND project = COALESCE(?, project)"
            " ORDER BY rowid DESC LIMIT ?",
            (project_name, limit),
        )
        return [_run_info(row) for row in rows]

    def run(self, run_id: str) -> RunInfo:
        """Return a run by its identifier or a unique beginning of it."""
        self._bury_the_dead()
        rows = self._history.rows(
            "SELECT * FROM flow_runs WHERE id BETWEEN ? AND ? ORDER BY rowid DESC LIMIT 3",
            (run_id, run_id + _LAST),
        )
        if not run_id or not rows:
            raise RunNotFoundError(
                f"there is no run {run_id!r} in {self._history.path}; "
                "`lume-services runs` lists the runs."
            )
        if len(rows) > 1:
            found = ", ".join(row["id"] for row in rows)
            raise RunNotFoundError(
                f"{run_id!r} is the beginning of several runs ({found} ...); give more of it."
            )
        return _run_info(rows[0])

    def task_runs(self, run_id: str) -> list[TaskRunInfo]:
        """Return a run's task runs in the order of their start."""
        rows = self._history.rows(
            "SELECT * FROM task_runs WHERE flow_run_id = ? AND task_name <> '' ORDER BY id",
            (run_id,),
        )
        return [_task_run_info(row) for row in rows]

    def child_runs(self, run_id: str) -> list[RunInfo]:
        """Return the runs that a run started as its children, oldest first."""
        rows = self._history.rows(
            "SELECT * FROM flow_runs WHERE parent_run_id = ? ORDER BY rowid", (run_id,)
        )
        return [_run_info(row) for row in rows]

    def child_ids(self, run_ids: Collection[str]) -> list[str]:
        """Return the identifiers of the child runs of some runs."""
        rows = self._history.rows(
            "SELECT id FROM flow_runs"
            " WHERE parent_run_id IN (SELECT value FROM json_each(?)) ORDER BY rowid",
            (json.dumps(list(run_ids)),),
        )
        return [row["id"] for row in rows]

    def logs(self, run_ids: Collection[str], since: datetime | None = None) -> list[LogLine]:
        """Return the log lines of some runs, since a time or all, in the order of their times."""
        flush_logs()
        begin = "" if since is None else since.isoformat()
        rows = self._history.reading(lambda db: logs.of_runs(db, run_ids, begin))
        return [
            LogLine(
                timestamp=datetime.fromisoformat(row["timestamp"]),
                level=row["level"],
                logger=row["name"],
                message=row["message"],
                run_id=row["flow_run_id"],
                task_run_id=row["task_run_id"],
            )
            for row in rows
        ]

    def results(self, run_id: str) -> RunResults:
        """Return what the run's flow and tasks returned."""
        flows = self._history.rows("SELECT * FROM flow_results WHERE flow_run_id = ?", (run_id,))
        tasks = self._history.rows(
            "SELECT task_name, result, result_problem FROM task_runs"
            " WHERE flow_run_id = ? AND task_name <> '' AND state_type = 'COMPLETED'"
            " ORDER BY id",
            (run_id,),
        )
        return RunResults(
            returned=_value(flows[0]) if flows else None,
            tasks=tuple((row["task_name"], _value(row)) for row in tasks),
        )

    def _bury_the_dead(self) -> None:
        """Mark the unfinished runs of processes that are gone as crashed."""
        unfinished = self._history.rows(
            "SELECT id, process FROM flow_runs"
            " WHERE state_type IN ('PENDING', 'RUNNING', 'SCHEDULED', 'PAUSED', 'CANCELLING')"
        )
        gone = [row["id"] for row in unfinished if is_gone(row["process"])]
        if gone:
            self._history.transaction(partial(_bury, gone))


def _bury(run_ids: list[str], db: sqlite3.Connection) -> None:
    for run_id in run_ids:
        run = flow_runs.read(db, run_id)
        if run is not None:
            flow_runs.fail(db, run, _end_of(run))


def _end_of(run: dict[str, Any]) -> dict[str, Any]:
    if run["state_type"] == "CANCELLING":
        return {"type": "CANCELLED", "name": "Cancelled"}
    return {"type": "CRASHED", "name": "Crashed", "message": _KILLED}


def _value(row: sqlite3.Row) -> Value:
    if row["result_problem"] is not None or row["result"] is None:
        return Value(problem=row["result_problem"] or "a value that was not kept")
    return Value(value=json.loads(row["result"]))


def _run_info(row: sqlite3.Row) -> RunInfo:
    run = json.loads(row["document"])
    state = run["state"] or {}
    return RunInfo(
        id=run["id"],
        name=run["name"],
        flow_name=row["flow_name"],
        project_name=row["project"],
        state_type=state.get("type", "PENDING"),
        state_name=state.get("name", "Pending"),
        message=state.get("message"),
        parameters=run["parameters"],
        created=datetime.fromisoformat(run["created"]),
        started=_time(run["start_time"]),
        ended=_time(run["end_time"]),
        run_count=run["run_count"],
        parent_run_id=row["parent_run_id"],
        error=RunError(**json.loads(row["error"])) if row["error"] else None,
        tags=tuple(run["tags"]),
        entrypoint=run["labels"].get(ENTRYPOINT_LABEL),
        version=run["labels"].get(VERSION_LABEL),
        image=run["labels"].get(IMAGE_LABEL),
        resumes=run["labels"].get(RESUMES_LABEL),
    )


def _task_run_info(row: sqlite3.Row) -> TaskRunInfo:
    task_run: dict[str, Any] = json.loads(row["document"])
    state = task_run["state"]
    return TaskRunInfo(
        id=task_run["id"],
        run_id=task_run["flow_run_id"],
        task_name=row["task_name"],
        name=task_run["name"],
        state_type=state["type"],
        state_name=state["name"],
        message=state.get("message"),
        started=_time(task_run.get("start_time")),
        ended=_time(task_run.get("end_time")),
        run_count=task_run.get("run_count", 0),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
