"""Log lines in the history."""

from __future__ import annotations

import sqlite3
from typing import Any

JSON = dict[str, Any]


def add(db: sqlite3.Connection, lines: list[JSON]) -> None:
    """Write the lines that a client sent."""
    db.executemany(
        "INSERT INTO logs (flow_run_id, task_run_id, timestamp, level, name, message)"
        " VALUES (:flow_run_id, :task_run_id, :timestamp, :level, :name, :message)",
        [{"flow_run_id": None, "task_run_id": None, **line} for line in lines],
    )


def of_run(db: sqlite3.Connection, flow_run_id: str) -> list[sqlite3.Row]:
    """Return a run's lines in the order of their times."""
    return db.execute(
        "SELECT * FROM logs WHERE flow_run_id = ? ORDER BY timestamp, id", (flow_run_id,)
    ).fetchall()
