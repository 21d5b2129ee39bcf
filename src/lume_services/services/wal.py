"""SQLite's write-ahead log, switched on whoever else is opening the file."""

from __future__ import annotations

import sqlite3
import time


def use_wal(connection: sqlite3.Connection, seconds: float = 30.0) -> None:
    """Let readers and a writer of a file not wait for each other.

    Parameters
    ----------
    connection
        A new connection.
    seconds
        How long to wait for other processes: for this switch SQLite itself does not.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return
