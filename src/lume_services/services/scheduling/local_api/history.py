"""The embedded store of runs and registered flows: one SQLite file.

All access is through `History.transaction` and `History.reading`, which hold
one lock and one connection for each process; other processes are kept apart by
SQLite itself (write-ahead log). The file is readable by its owner only.

Both call what is to be done rather than being used in a ``with`` statement: an
interruption between a context manager written in Python and its block would
leave the lock held.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lume_services.errors import SchedulingError
from lume_services.services.wal import use_wal

SCHEMA_VERSION = 2
BUSY_SECONDS = 30.0

_Answer = TypeVar("_Answer")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (name TEXT PRIMARY KEY, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS registered_flows (
    project TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (project, name));
CREATE TABLE IF NOT EXISTS flows (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS flow_runs (
    id TEXT PRIMARY KEY, flow_name TEXT NOT NULL, project TEXT NOT NULL,
    parent_task_run_id TEXT, parent_run_id TEXT, state_type TEXT, process TEXT, error TEXT,
    document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS flow_runs_by_parent_task ON flow_runs (parent_task_run_id);
CREATE INDEX IF NOT EXISTS flow_runs_by_parent ON flow_runs (parent_run_id);
CREATE INDEX IF NOT EXISTS flow_runs_unfinished ON flow_runs (process)
    WHERE state_type IN ('PENDING', 'RUNNING', 'SCHEDULED', 'PAUSED', 'CANCELLING');
CREATE TABLE IF NOT EXISTS task_runs (
    id TEXT PRIMARY KEY, flow_run_id TEXT, task_name TEXT NOT NULL,
    task_key TEXT NOT NULL, dynamic_key TEXT NOT NULL, state_type TEXT, document TEXT NOT NULL,
    result TEXT, result_problem TEXT);
CREATE INDEX IF NOT EXISTS task_runs_by_flow_run ON task_runs (flow_run_id, task_name);
CREATE TABLE IF NOT EXISTS flow_results (
    flow_run_id TEXT PRIMARY KEY, result TEXT, result_problem TEXT);
CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY, flow_run_id TEXT, task_run_id TEXT, timestamp TEXT NOT NULL,
    level INTEGER NOT NULL, name TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS logs_by_flow_run ON logs (flow_run_id, timestamp);
CREATE TABLE IF NOT EXISTS variables (name TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS artifacts (
    id TEXT PRIMARY KEY, key TEXT, type TEXT, flow_run_id TEXT, task_run_id TEXT,
    updated TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS artifacts_by_key ON artifacts (key, updated);
"""


class History:
    """Runs, their tasks and logs, and the registered flows.

    Parameters
    ----------
    path
        The SQLite file. It and its directory are made at the first use, for
        their owner only.

    Raises
    ------
    SchedulingError
        At the first use, if the file cannot be opened or was written by a
        newer version of this package.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    def transaction(self, work: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """Do some work with the connection; commit at its end, or roll back on an error.

        Parameters
        ----------
        work
            What is done. Inside a transaction it becomes a part of it.
        """
        if self._pid != os.getpid():
            self._forget_inherited()
        with self._lock:
            connection = self._connection or self._open()
            if connection.in_transaction:
                return work(connection)
            try:
                connection.execute("BEGIN IMMEDIATE")
                answer = work(connection)
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._unusable(error) from error
                raise
            return answer

    def reading(self, work: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """Do some work that changes nothing with the connection.

        Parameters
        ----------
        work
            What is done.
        """
        if self._pid != os.getpid():
            self._forget_inherited()
        with self._lock:
            try:
                return work(self._connection or self._open())
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Return the rows that a query finds.

        Parameters
        ----------
        query, values
            The SQL, and what its question marks stand for.
        """
        return self.reading(lambda db: db.execute(query, values).fetchall())

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None

    def _forget_inherited(self) -> None:
        # No connection may cross a fork, and closing it here would drop the parent's locks.
        self._lock = threading.RLock()
        self._inherited = self._connection
        self._connection = None
        self._pid = os.getpid()

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise self._unusable(error) from error
        except SchedulingError:
            connection.close()
            raise
        self._connection = connection
        # At the process's end, so that SQLite puts its side files away.
        weakref.finalize(self, _close_own, connection, os.getpid())
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        use_wal(connection, BUSY_SECONDS)
        # A crash of the machine may lose the last moments of the history, never corrupt it.
        connection.execute("PRAGMA synchronous=NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise SchedulingError(
                f"the run history {self.path} has format {version}, this version of lume-services "
                f"knows formats up to {SCHEMA_VERSION}. Upgrade lume-services, or set LUME_HOME "
                "to another folder."
            )
        if version < SCHEMA_VERSION:
            connection.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            )

    def _unusable(self, error: Exception) -> SchedulingError:
        return SchedulingError(
            f"the run history {self.path} cannot be used: {error}. Check that the folder exists, "
            "is writable and has space, or set LUME_HOME to another folder."
        )


def _close_own(connection: sqlite3.Connection, pid: int) -> None:
    if os.getpid() == pid:
        connection.close()
