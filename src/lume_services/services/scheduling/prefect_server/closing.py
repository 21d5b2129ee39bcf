"""Keeps a Prefect server on SQLite from standing still for a minute at a time.

SQLAlchemy's cursors of aiosqlite stay open where a statement fails. Python's collector of
garbage closes them later, in the thread of the server's event loop, and waits there for the
connection's own thread. If that one waits for the file just then, and who has it for the event
loop, all stand still until SQLite says "database is locked", which leaves the next open cursor.
So a cursor closes itself when it fails, in the thread that it belongs to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL
from sqlalchemy.engine import CreateEnginePlugin


class _Cursor(sqlite3.Cursor):
    def execute(self, *arguments: Any) -> Any:
        return self._or_close(super().execute, arguments)

    def executemany(self, *arguments: Any) -> Any:
        return self._or_close(super().executemany, arguments)

    def _or_close(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            return work(*arguments)
        except BaseException:
            self.close()
            raise


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class ClosingCursors(CreateEnginePlugin):
    """Lets the cursors of an engine on SQLite close themselves when they fail.

    Parameters
    ----------
    url
        The database, which names this plug-in.
    kwargs
        What the engine is made with; changed.
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        kwargs["connect_args"] = {**kwargs.get("connect_args", {}), "factory": _Connection}

    def update_url(self, url: URL) -> URL:
        """Return the URL as the driver of the database knows it."""
        return url.difference_update_query(["plugin"])
