"""Log lines in the history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

JSON = dict[str, Any]


def add(db: sqlite3.Connection, lines: list[JSON]) -> None:
    """Write the lines that a client sent."""
    db.executemany(
        "INSERT INTO logs (flow_run_id, task_run_id, timestamp, level, name, message)"
        " VALUES (:flow_run_id, :task_run_id, :timestamp, :level, :name, :message)",
        [{"flow_run_id": None, "task_run_id": None, **line} for line in lines],
    )


def of_runs(db: sqlite3.Connection, run_ids: Iterable[str], since: str) -> list[sqlite3.Row]:
    """Return the lines of some runs since a time, in the order of their times."""
    return db.execute(
        "SELECT * FROM logs WHERE flow_run_id IN (SELECT value FROM json_each(?))"
        " AND timestamp >= ? ORDER BY timestamp, id",
        (json.dumps(list(run_ids)), since),
    ).fetchall()
