"""The flows that are registered with the local backend: a table of the embedded store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from importlib import metadata
from typing import Any

from lume_services.errors import NeedsServerError
from lume_services.services.scheduling.code.storage import as_document, of_document
from lume_services.services.scheduling.local_api.flow_runs import now
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.registry import FlowRecord, TaskRecord
from lume_services.services.scheduling.schedule import Schedule


class LocalRegistry:
    """Implements `Registry` over the embedded store.

    Parameters
    ----------
    history
        The embedded store.
    """

    def __init__(self, history: History) -> None:
        self._history = history

    def create_project(self, name: str) -> None:
        """Make a project; making it again changes nothing."""
        self._history.transaction(partial(_add_project, name))

    def projects(self) -> list[str]:
        """Return the names of the projects, sorted."""
        rows = self._history.rows("SELECT name FROM projects ORDER BY name")
        return [row["name"] for row in rows]

    def save(
        self,
        record: FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """Write a flow, in place of the one of that name and project."""
        del parameters  # each run of this backend is given all that it needs
        if schedule is not None:
            raise NeedsServerError(
                f"flow {record.name!r} cannot be scheduled on the local backend: nothing runs "
                "between two programs. Run it from cron or a systemd timer with "
                "`lume-services run`, or register it on a server backend (LUME_BACKEND)."
            )
        self._history.transaction(partial(_put, record))

    def find(self, name: str, project_name: str) -> FlowRecord | None:
        """Return a flow, or None."""
        rows = self._history.rows(
            "SELECT document FROM registered_flows WHERE project = ? AND name = ?",
            (project_name, name),
        )
        return _record(json.loads(rows[0]["document"])) if rows else None

    def records(self, project_name: str | None = None) -> list[FlowRecord]:
        """Return the flows of a project or of all, by project and name."""
        rows = self._history.rows(
            "SELECT document FROM registered_flows WHERE project = COALESCE(?, project)"
            " ORDER BY project, name",
            (project_name,),
        )
        return [_record(json.loads(row["document"])) for row in rows]


def _add_project(name: str, db: sqlite3.Connection) -> None:
    db.execute("INSERT OR IGNORE INTO projects VALUES (?, ?)", (name, now()))


def _put(record: FlowRecord, db: sqlite3.Connection) -> None:
    _add_project(record.project_name, db)
    db.execute(
        "INSERT OR REPLACE INTO registered_flows VALUES (?, ?, ?)",
        (record.project_name, record.name, json.dumps(_document(record))),
    )


def _document(record: FlowRecord) -> dict[str, Any]:
    return {**asdict(record), "storage": as_document(record.storage)}


def _record(document: dict[str, Any]) -> FlowRecord:
    tasks = tuple(TaskRecord(**task) for task in document.pop("tasks"))
    labels = tuple(document.pop("labels"))
    # Flows of this backend run here, so as they are installed here now.
    document["version"] = _version(document["package"]) or document["version"]
    storage = of_document(document.pop("storage", None))
    return FlowRecord(**document, tasks=tasks, labels=labels, storage=storage)


def _version(package: str | None) -> str | None:
    try:
        return None if package is None else metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
