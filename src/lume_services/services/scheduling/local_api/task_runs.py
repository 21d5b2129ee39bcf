"""Task runs in the history: what the task engine reports, and the stand-ins of child flows."""

from __future__ import annotations

import json
import sqlite3
import uuid
from datetime import UTC, datetime
from typing import Any

from lume_services.services.scheduling.local_api import rules

JSON = dict[str, Any]


def create(db: sqlite3.Connection, body: JSON) -> tuple[JSON, bool]:
    """Make the task run that stands for a child flow run.

    Returns the task run and whether it is new: a flow that is retried asks
    again with the same task key and dynamic key.
    """
    existing = db.execute(
        "SELECT document FROM task_runs WHERE flow_run_id = ? AND task_key = ? AND dynamic_key = ?",
        (body.get("flow_run_id"), body["task_key"], body["dynamic_key"]),
    ).fetchone()
    if existing is not None:
        return json.loads(existing["document"]), False
    created = datetime.now(UTC)
    state = rules.complete(body.get("state") or {"type": "PENDING"}, created)
    task_run: JSON = {
        "id": body.get("id") or str(uuid.uuid4()),
        "created": created.isoformat(),
        "updated": created.isoformat(),
        "name": body.get("name") or body["task_key"],
        "flow_run_id": body.get("flow_run_id"),
        "task_key": body["task_key"],
        "dynamic_key": body["dynamic_key"],
        "tags": body.get("tags") or [],
        "task_inputs": body.get("task_inputs") or {},
        "task_version": body.get("task_version"),
        "empirical_policy": body.get("empirical_policy") or {},
        "run_count": 0,
        "start_time": None,
        "end_time": None,
        "total_run_time": 0.0,
        "state": None,
    }
    # Without a task name: a stand-in is none of the flow's own tasks.
    task_run = rules.enter(task_run, state)
    save(db, task_run, task_name="")
    return task_run, True


def read(db: sqlite3.Connection, identifier: str) -> JSON | None:
    """Return the task run's document, or None."""
    row = db.execute("SELECT document FROM task_runs WHERE id = ?", (identifier,)).fetchone()
    document: JSON | None = None if row is None else json.loads(row["document"])
    return document


def save(db: sqlite3.Connection, task_run: JSON, task_name: str) -> None:
    """Write a task run as it now is; an older report never replaces a newer one."""
    db.execute(
        "INSERT INTO task_runs "
        " (id, flow_run_id, task_name, task_key, dynamic_key, state_type, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET state_type = excluded.state_type, document = excluded.document"
        " WHERE excluded.document ->> '$.state.timestamp'"
        " >= task_runs.document ->> '$.state.timestamp'",
        (
            task_run["id"],
            task_run["flow_run_id"],
            task_name,
            task_run["task_key"],
            task_run["dynamic_key"],
            task_run["state"]["type"],
            json.dumps(task_run),
        ),
    )


def set_result(
    db: sqlite3.Connection, identifier: str, result: str | None, problem: str | None
) -> None:
    """Keep what a task returned, as JSON text, or why that is not possible."""
    db.execute(
        "UPDATE task_runs SET result = ?, result_problem = ? WHERE id = ?",
        (result, problem, identifier),
    )


def mirror(db: sqlite3.Connection, identifier: str, child_run_id: str, state: JSON) -> None:
    """Give a child flow's stand-in the child's state."""
    task_run = read(db, identifier)
    if task_run is None:
        return
    details = {**state["state_details"], "child_flow_run_id": child_run_id}
    details["flow_run_id"] = task_run["flow_run_id"]
    own = {**state, "id": str(uuid.uuid4()), "state_details": details}
    save(db, rules.enter(task_run, own), task_name="")


def end_with(db: sqlite3.Connection, flow_run_id: str, state: JSON) -> None:
    """End the task runs that a flow run leaves unfinished, in the state that it ends in."""
    rows = db.execute(
        "SELECT document, task_name FROM task_runs WHERE flow_run_id = ?"
        " AND state_type NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')",
        (flow_run_id,),
    ).fetchall()
    for row in rows:
        task_run = json.loads(row["document"])
        own = {**state, "id": str(uuid.uuid4()), "state_details": {"flow_run_id": flow_run_id}}
        save(db, rules.enter(task_run, own), task_name=row["task_name"])


def flow_run_of(db: sqlite3.Connection, identifier: str | None) -> str | None:
    """Return the flow run that a task run belongs to."""
    if identifier is None:
        return None
    row = db.execute("SELECT flow_run_id FROM task_runs WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else row["flow_run_id"]
