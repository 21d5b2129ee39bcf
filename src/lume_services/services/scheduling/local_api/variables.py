"""Variables: named JSON values that outlive a run."""

from __future__ import annotations

import json
import sqlite3
import uuid
from typing import Any

from lume_services.services.scheduling.local_api.answers import JSON, Answer, error, found, route
from lume_services.services.scheduling.local_api.flow_runs import now


def _read(db: sqlite3.Connection, name: str) -> JSON | None:
    row = db.execute("SELECT document FROM variables WHERE name = ?", (name,)).fetchone()
    document: JSON | None = None if row is None else json.loads(row["document"])
    return document


def _save(db: sqlite3.Connection, variable: JSON) -> None:
    db.execute(
        "INSERT OR REPLACE INTO variables VALUES (?, ?)", (variable["name"], json.dumps(variable))
    )


def _create(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    if _read(db, body["name"]) is not None:
        return error(409, f"A variable with the name {body['name']!r} already exists.")
    created = now()
    variable = {"id": str(uuid.uuid4()), "created": created, "updated": created, "tags": [], **body}
    _save(db, variable)
    return Answer(201, variable)


def _get(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return found(_read(db, at["name"]))


def _update(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    variable = _read(db, at["name"])
    if variable is None:
        return found(None)
    _save(db, {**variable, **body, "name": at["name"], "updated": now()})
    return Answer(204)


def _delete(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    deleted = db.execute("DELETE FROM variables WHERE name = ?", (at["name"],)).rowcount
    return Answer(204) if deleted else found(None)


ROUTES = [
    route("POST", "/variables/", _create),
    route("GET", "/variables/name/{name}", _get),
    route("PATCH", "/variables/name/{name}", _update),
    route("DELETE", "/variables/name/{name}", _delete),
]
