"""Artifacts: tables, texts, links and progress that a run shows."""

from __future__ import annotations

import json
import sqlite3
import uuid
from typing import Any

from lume_services.services.scheduling.local_api.answers import JSON, Answer, error, found, route
from lume_services.services.scheduling.local_api.flow_runs import now

_COLUMNS = ("id", "key", "type", "flow_run_id", "task_run_id")
_FIELDS = (*_COLUMNS, "description", "data", "metadata_")


def _read(db: sqlite3.Connection, identifier: str) -> JSON | None:
    row = db.execute("SELECT document FROM artifacts WHERE id = ?", (identifier,)).fetchone()
    document: JSON | None = None if row is None else json.loads(row["document"])
    return document


def _save(db: sqlite3.Connection, artifact: JSON) -> None:
    columns = [artifact[name] for name in (*_COLUMNS, "updated")]
    db.execute(
        "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*columns, json.dumps(artifact)),
    )


def _create(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    created = now()
    artifact = dict.fromkeys(_FIELDS) | body
    artifact |= {"id": str(uuid.uuid4()), "created": created, "updated": created}
    _save(db, artifact)
    return Answer(201, artifact)


def _get(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return found(_read(db, at["id"]))


def _update(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    artifact = _read(db, at["id"])
    if artifact is None:
        return found(None)
    _save(db, {**artifact, **body, "id": at["id"], "updated": now()})
    return Answer(204)


def _delete(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    deleted = db.execute("DELETE FROM artifacts WHERE id = ?", (at["id"],)).rowcount
    return Answer(204) if deleted else found(None)


def _filter(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    """Find artifacts by the values that fields may have, the latest first."""
    conditions, values = ["TRUE"], []
    for name, test in (body.get("artifacts") or {}).items():
        wanted = (test or {}).get("any_")
        if wanted is None:
            continue
        if name not in _COLUMNS:
            return error(501, f"filtering artifacts by {name!r} needs a Prefect server")
        conditions.append(f"{name} IN ({', '.join('?' * len(wanted))})")
        values += wanted
    rows = db.execute(
        f"SELECT document FROM artifacts WHERE {' AND '.join(conditions)}"  # noqa: S608
        " ORDER BY updated DESC LIMIT ? OFFSET ?",
        (*values, body.get("limit") or 200, body.get("offset") or 0),
    )
    return Answer(200, [json.loads(row["document"]) for row in rows])


ROUTES = [
    route("POST", "/artifacts/", _create),
    route("POST", "/artifacts/filter", _filter),
    route("GET", "/artifacts/{id}", _get),
    route("PATCH", "/artifacts/{id}", _update),
    route("DELETE", "/artifacts/{id}", _delete),
]
