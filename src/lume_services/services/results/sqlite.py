"""SQLite's part of the SQL store: the file, its connections, its errors."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path as FilePath
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from lume_services.errors import SettingsError, StoreUnavailableError
from lume_services.services.results.sql_dialect import Engines, Row
from lume_services.services.results.sqlite_json import SQLiteJSON
from lume_services.services.wal import use_wal

# SQLite's own bound.
MAX_BYTES = 1_000_000_000

CLOSE_BEFORE_FORK = True

columns = SQLiteJSON()

# SQLAlchemy's own way takes longer than SQLite.
_INSERT = """
INSERT INTO results (unique_hash, content_hash, project_name, flow_id, data)
VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_LINK = "INSERT INTO links (link, result_id) SELECT ?, id FROM results WHERE unique_hash = ?"
_BUSY_SECONDS = 60.0
_NEXT_STEPS = {
    "SQLITE_BUSY": "another program holds its lock; end that program, or try again later",
    "SQLITE_READONLY": "make the file and its directory writable, or set another LUME_HOME",
    "SQLITE_CANTOPEN": "make its directory accessible and writable, or set another LUME_HOME",
    "SQLITE_PERM": "make the file and its directory writable, or set another LUME_HOME",
    "SQLITE_FULL": "free space on the disk; nothing was saved",
    "SQLITE_IOERR": "check the disk and its free space; nothing was saved",
    "SQLITE_CORRUPT": "the file is damaged: put a backup in its place, or move it away",
    "SQLITE_NOTADB": "the file is no SQLite database: move it away, or set another LUME_HOME",
}


def check_url(url: URL) -> URL:
    """Return the URL with the absolute path of its file; refuse one that keeps nothing."""
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            f"the results database {url} would keep nothing; name a file, for example "
            "sqlite:////data/results.sqlite"
        )
    return url.set(database=str(FilePath(url.database).absolute()))


def open_engines(url: URL) -> Engines:
    """Return engines for a file; its directory and file are made here, for their owner alone."""
    _make_file(FilePath(str(url.database)))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    reading = engine.execution_options(reading=True)
    return Engines(engine, engine, reading, reading)


def _make_file(path: FilePath) -> None:
    try:
        for directory in reversed(path.parents):
            if not directory.exists():
                directory.mkdir(mode=0o700, exist_ok=True)
        # Closing a second descriptor of an open database would drop its locks; a new file has none.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreUnavailableError(
            f"the results database {path} cannot be made ({error.strerror}): "
            f"{_NEXT_STEPS['SQLITE_CANTOPEN']}"
        ) from error


def _set_up(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late; `_begin` begins them.
    connection.isolation_level = None
    use_wal(connection)
    # With less, the last commits before a power failure are lost in WAL mode.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Any) -> None:
    # A reader that turns writer cannot wait for its lock; so a writer asks at once.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def lock_schema(_connection: Connection) -> None:
    """Do nothing: a writing transaction is alone in a file."""


def complete_tables(_connection: Connection) -> None:
    """Do nothing: the tables are complete."""


def insert_rows(connection: Connection, rows: Sequence[Row], alone: bool) -> Collection[str]:
    """Add the rows that no other is in the way of, and their links."""
    # No other process can write meanwhile.
    last = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM results").scalar_one()
    done = connection.exec_driver_sql(_INSERT, [row[:5] for row in rows])
    added = {row.unique_hash for row in rows}
    if done.rowcount < len(rows):
        new = "SELECT unique_hash FROM results WHERE id > ?"
        added = set(connection.exec_driver_sql(new, (last,)).scalars())
    linked = [(link, row[0]) for row in rows if row.unique_hash in added for link in row.links]
    if linked:
        connection.exec_driver_sql(_LINK, linked)
    return added


def prepare_indexing(_connection: Connection) -> None:
    """Do nothing: no statement has a time limit."""


def gather_statistics(_connection: Connection) -> None:
    """Do nothing: without statistics SQLite takes the index that fits best, which is ours."""


def may_repeat(_error: SQLAlchemyError) -> bool:
    """Say no: SQLite itself has waited for what may pass."""
    return False


def may_pass(error: SQLAlchemyError) -> bool:
    """Say whether another program held the lock."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return name.startswith("SQLITE_BUSY")


def is_forbidden(_error: DBAPIError) -> bool:
    """Say no: SQLite knows no users."""
    return False


def next_step(error: BaseException, _url: URL) -> str:
    """Return what a person can do about a driver's error."""
    name = getattr(error, "sqlite_errorname", "")
    for code, step in _NEXT_STEPS.items():
        if name.startswith(code):
            return step
    return "see the cause above, and `lume-services config check`"
