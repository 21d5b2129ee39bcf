"""SQLite's part of the SQL store: the file, its connections, its JSON, its errors."""

from __future__ import annotations

import itertools
import os
from pathlib import Path as FilePath
from typing import Any

from sqlalchemy import URL, Column, ColumnElement, Engine, case, create_engine, event, func, literal
from sqlalchemy.dialects.sqlite import insert

from lume_services.errors import SettingsError, StoreUnavailableError
from lume_services.services.results.query import Path, is_index
from lume_services.services.wal import use_wal

__all__ = ["SQLiteJSON", "check_url", "insert", "next_step", "open_engine"]

_BUSY_SECONDS = 60.0
_TAG, _VALUE = '."@lume"', '."value"'
_KINDS = {
    "integer": "number",
    "real": "number",
    "true": "boolean",
    "false": "boolean",
    **{kind: kind for kind in ("text", "null", "object", "array")},
}
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


def open_engine(url: URL) -> Engine:
    """Return an engine for a file; its directory and file are made here, for their owner alone."""
    _make_file(FilePath(str(url.database)))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


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


def next_step(error: BaseException | None) -> str:
    """Return what a person can do about a driver's error."""
    name = getattr(error, "sqlite_errorname", "")
    for code, step in _NEXT_STEPS.items():
        if name.startswith(code):
            return step
    return "see the cause above, and `lume-services config check`"


class SQLiteJSON:
    """Looks into the documents by SQLite's JSON functions."""

    def __init__(self, data: Column[Any], plain: dict[str, Column[Any]]) -> None:
        self._data = data
        self._plain = plain

    def kind(self, path: Path) -> ColumnElement[Any]:
        """Return the sort of what stands at a path."""
        if self._column(path) is not None:
            return literal("text")
        types = [self._tag_or_plain(at, func.json_type, literal("object")) for at in _places(path)]
        first = func.coalesce(*types) if len(types) > 1 else types[0]
        return case(_KINDS, value=first)

    def value(self, path: Path) -> ColumnElement[Any]:
        """Return the number, text or truth value at a path."""
        column = self._column(path)
        if column is not None:
            return column
        values = [self._tag_or_plain(at, func.json_extract, None) for at in _places(path)]
        return func.coalesce(*values) if len(values) > 1 else values[0]

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""
        return self.raw(path).is_not(None)

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text."""
        texts = [self._data.op("->")(at) for at in _places(path)]
        return func.coalesce(*texts) if len(texts) > 1 else texts[0]

    def _column(self, path: Path) -> Column[Any] | None:
        return self._plain.get(path[0]) if len(path) == 1 else None

    def _tag_or_plain(self, at: str, function: Any, otherwise: Any) -> ColumnElement[Any]:
        tagged = function(self._data, at + _VALUE)
        return case(
            (
                func.json_type(self._data, at + _TAG).is_not(None),
                tagged if otherwise is None else func.coalesce(tagged, otherwise),
            ),
            else_=function(self._data, at),
        )


def _places(path: Path) -> list[str]:
    """Return the SQLite paths that a path can mean: digits are an index or a key."""
    choices = [[f'."{key}"', f"[{key}]"] if is_index(key) else [f'."{key}"'] for key in path]
    return ["$" + "".join(parts) for parts in itertools.product(*choices)]
