"""Flow runs in the history: made, read, moved from state to state."""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from lume_services.services.scheduling.local_api import rules, task_runs
from lume_services.services.scheduling.local_api.processes import this_process
from lume_services.services.scheduling.registry import DEFAULT_PROJECT
from lume_services.services.scheduling.run_context import PROJECT_LABEL

JSON = dict[str, Any]


def now() -> str:
    """Return the present time, UTC, as ISO 8601."""
    return datetime.now(UTC).isoformat()


def flow_id(db: sqlite3.Connection, name: str) -> JSON:
    """Return the flow of that name, made if it is new."""
    db.execute("INSERT OR IGNORE INTO flows VALUES (?, ?, ?)", (str(uuid.uuid4()), name, now()))
    row = db.execute("SELECT * FROM flows WHERE name = ?", (name,)).fetchone()
    return {"id": row["id"], "name": name, "created": row["created"], "updated": row["created"]}


def flow_name(db: sqlite3.Connection, identifier: str) -> JSON | None:
    """Return the flow with that identifier."""
    row = db.execute("SELECT * FROM flows WHERE id = ?", (identifier,)).fetchone()
    if row is None:
        return None
    return {
        "id": identifier,
        "name": row["name"],
        "created": row["created"],
        "updated": row["created"],
    }


def create(db: sqlite3.Connection, body: JSON) -> JSON:
    """Make a flow run from what the client sent, in the state that it proposes."""
    flow = flow_name(db, body["flow_id"])
    if flow is None:
        raise LookupError(f"no flow {body['flow_id']}")
    created = now()
    parent = task_runs.flow_run_of(db, body.get("parent_task_run_id"))
    run: JSON = {
        "id": body.get("id") or str(uuid.uuid4()),
        "created": created,
        "updated": created,
        "name": body.get("name") or _random_name(),
        "flow_id": flow["id"],
        "flow_version": body.get("flow_version"),
        "deployment_id": None,
        "parameters": body.get("parameters") or {},
        "context": body.get("context") or {},
        "tags": body.get("tags") or [],
        "labels": {**_inherited_labels(db, parent), **(body.get("labels") or {})},
        "empirical_policy": body.get("empirical_policy") or {},
        "idempotency_key": body.get("idempotency_key"),
        "parent_task_run_id": body.get("parent_task_run_id"),
        "run_count": 0,
        "expected_start_time": created,
        "start_time": None,
        "end_time": None,
        "total_run_time": 0.0,
        "auto_scheduled": False,
        "state": None,
        "state_type": None,
        "state_name": None,
    }
    if body.get("state"):
        run = rules.enter(run, _linked(run, rules.complete(body["state"], datetime.now(UTC))))
    _insert(db, run, flow["name"], parent)
    return run


def read(db: sqlite3.Connection, identifier: str) -> JSON | None:
    """Return the run's document, or None."""
    row = db.execute("SELECT document FROM flow_runs WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else _loads(row["document"])


def labels(db: sqlite3.Connection, identifier: str) -> JSON | None:
    """Return the run's labels, or None without such a run; its parameters may be large."""
    row = db.execute(
        "SELECT document -> '$.labels' FROM flow_runs WHERE id = ?", (identifier,)
    ).fetchone()
    return None if row is None else _loads(row[0])


def update(db: sqlite3.Connection, identifier: str, changes: JSON) -> bool:
    """Change fields of a run; return whether there is such a run."""
    run = read(db, identifier)
    if run is None:
        return False
    allowed = {"name", "flow_version", "parameters", "tags", "empirical_policy", "labels"}
    run.update(
        {key: value for key, value in changes.items() if key in allowed and value is not None}
    )
    _save(db, run)
    return True


def set_state(db: sqlite3.Connection, identifier: str, proposed: JSON, force: bool) -> JSON | None:
    """Propose a state for a run; return the client's answer, or None without such a run."""
    run = read(db, identifier)
    if run is None:
        return None
    decision = rules.decide(run, proposed, force=force)
    state = decision.state
    if state is not None and state["id"] != run.get("state_id"):
        state = _linked(run, state)
        run = _enter(db, run, state)
        if state["type"] == "CANCELLING" and proposed["type"] == "CRASHED":
            # The engine has stopped: it calls the cancellation hooks and proposes nothing more.
            cancelled = {"type": "CANCELLED", "name": "Cancelled", "message": state["message"]}
            _enter(db, run, _linked(run, rules.complete(cancelled, datetime.now(UTC))))
    return {"status": decision.status, "state": state, "details": decision.details}


def fail(db: sqlite3.Connection, run: JSON, state: JSON) -> None:
    """Put a run into a final state without asking the rules."""
    _enter(db, run, _linked(run, rules.complete(state, datetime.now(UTC))))


def children(db: sqlite3.Connection, parent_task_run_ids: Iterable[str]) -> Iterator[JSON]:
    """Give the runs that the task runs stand for, newest first."""
    for parent in parent_task_run_ids:
        rows = db.execute(
            "SELECT document FROM flow_runs WHERE parent_task_run_id = ? ORDER BY rowid DESC",
            (parent,),
        )
        yield from (_loads(row["document"]) for row in rows)


def _enter(db: sqlite3.Connection, run: JSON, state: JSON) -> JSON:
    run = rules.enter(run, state)
    _save(db, run)
    if run["parent_task_run_id"]:
        task_runs.mirror(db, run["parent_task_run_id"], run["id"], state)
    if state["type"] in {"CANCELLED", "CRASHED"}:
        task_runs.end_with(db, run["id"], state)
    return run


def _linked(run: JSON, state: JSON) -> JSON:
    links = {"flow_run_id": run["id"]}
    if run["parent_task_run_id"]:
        links["task_run_id"] = run["parent_task_run_id"]
    return {**state, "state_details": {**state["state_details"], **links}}


def _insert(db: sqlite3.Connection, run: JSON, name: str, parent: str | None) -> None:
    db.execute(
        "INSERT INTO flow_runs (id, flow_name, project, parent_task_run_id, parent_run_id,"
        " state_type, process, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run["id"],
            name,
            run["labels"].get(PROJECT_LABEL, DEFAULT_PROJECT),
            run["parent_task_run_id"],
            parent,
            run["state_type"],
            this_process(os.getpid()),
            json.dumps(run),
        ),
    )


def _save(db: sqlite3.Connection, run: JSON) -> None:
    db.execute(
        "UPDATE flow_runs SET document = ?, state_type = ?, process = ? WHERE id = ?",
        (json.dumps(run), run["state_type"], this_process(os.getpid()), run["id"]),
    )


def _inherited_labels(db: sqlite3.Connection, parent: str | None) -> JSON:
    of_parent = (labels(db, parent) if parent else None) or {}
    return {key: value for key, value in of_parent.items() if key == PROJECT_LABEL}


def _random_name() -> str:
    from prefect.utilities.names import generate_slug

    return generate_slug(2)


def _loads(text: str) -> JSON:
    document: JSON = json.loads(text)
    return document
