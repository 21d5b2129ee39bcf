"""Results in a SQL database, by SQLAlchemy."""

from __future__ import annotations

import json
import os
import threading
import weakref
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, func, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from lume_services.errors import (
    InputError,
    QueryError,
    ResultConflictError,
    ResultsError,
    SettingsError,
    StoreUnavailableError,
)
from lume_services.services.results import sqlite
from lume_services.services.results.db import Document, Query, ResultsDB, Sort
from lume_services.services.results.query import MAX_VALUES, parse, parse_path, parse_sort
from lume_services.services.results.sql_filter import condition, order
from lume_services.services.results.sql_tables import (
    indexed_paths,
    key_columns,
    links,
    prepare,
    results,
)
from lume_services.services.results.strict import json_of, keys_of, links_of

# SQLite's own bound.
MAX_BYTES = 1_000_000_000

_stores: weakref.WeakSet[SQLResultsDB] = weakref.WeakSet()
_abandoned: list[Engine] = []


class SQLResultsDB(ResultsDB):
    """The results database in SQLite, one file in WAL mode.

    Parameters
    ----------
    url
        SQLAlchemy URL such as ``sqlite:////data/results.sqlite``. Nothing is opened or
        made until the first use.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = sqlite.check_url(make_url(url))
        except ArgumentError:
            raise SettingsError(
                "the URL of the results database cannot be read; give one like "
                "sqlite:////data/results.sqlite"
            ) from None
        self._name = self._url.render_as_string(hide_password=True)
        self._columns = sqlite.SQLiteJSON(results.c.data, key_columns())
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        _watch_forks()
        _stores.add(self)

    def __repr__(self) -> str:
        return f"SQLResultsDB({self._name!r})"

    def insert_many(self, documents: Sequence[Document]) -> int:
        """Add all documents or none; return how many were not there yet."""
        rows = [(_row(document), links_of(document)) for document in documents]
        with self._connection() as connection:
            return sum(_insert(connection, *row) for row in rows)

    def find(
        self,
        query: Query,
        *,
        sort: Sort = (),
        limit: int | None = None,
        projection: Sequence[str] | None = None,
        linked_to: Collection[str] = (),
    ) -> Iterator[Document]:
        """Return the matching documents, read one after the other as they are asked for."""
        if limit is not None and (type(limit) is not int or limit < 0):
            raise QueryError(f"limit is a number of documents or None, not {limit!r}")
        if projection is not None and (isinstance(projection, str) or not projection):
            raise QueryError(f"projection takes a list of paths, not {projection!r}")
        paths = None if projection is None else list(projection)
        shown = (
            [results.c.data] if paths is None else map(self._columns.raw, map(parse_path, paths))
        )
        statement = (
            select(*shown)
            .where(condition(parse(query), self._columns), *_linked(linked_to))
            .order_by(*order(parse_sort(sort), self._columns), results.c.id)
            .limit(limit)
        )
        return self._stream(statement, paths)

    def count(self, query: Query) -> int:
        """Return the number of matching documents."""
        where = condition(parse(query), self._columns)
        with self._connection(reading=True) as connection:
            statement = select(func.count()).select_from(results).where(where)
            return connection.execute(statement).scalar_one()

    def delete(self, query: Query) -> int:
        """Delete the matching documents, all or none; return how many."""
        where = condition(parse(query), self._columns)
        with self._connection() as connection:
            return connection.execute(delete(results).where(where)).rowcount

    def links(self, prefix: str) -> Iterator[str]:
        """Return, in order, each different link that begins with a text."""
        beginning = links.c.link.between(prefix, prefix + chr(0x10FFFF))
        statement = select(links.c.link).where(beginning).distinct().order_by(links.c.link)
        with self._connection(reading=True) as connection:
            yield from connection.execution_options(yield_per=1000).scalars(statement)

    def index(self, path: str) -> None:
        """Make queries and sorts on a path fast at any size; do nothing if they are already."""
        parse_path(path)
        with self._connection() as connection:
            connection.execute(
                sqlite.insert(indexed_paths).values(path=path).on_conflict_do_nothing()
            )

    def indexes(self) -> list[str]:
        """Return the paths that were given to `index`."""
        with self._connection(reading=True) as connection:
            return list(connection.scalars(select(indexed_paths.c.path).order_by("path")))

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def _stream(self, statement: Select[Any], paths: list[str] | None) -> Iterator[Document]:
        with self._connection(reading=True) as connection:
            for row in connection.execution_options(yield_per=100).execute(statement):
                if paths is None:
                    yield self._read(row[0])
                else:
                    pairs = zip(paths, row, strict=True)
                    yield {path: self._read(text) for path, text in pairs if text is not None}

    def _read(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise ResultsError(
                f"the results database {self._name} holds a damaged document ({error}); "
                "put a backup in its place, or delete the document"
            ) from error

    @contextmanager
    def _connection(self, reading: bool = False) -> Iterator[Connection]:
        try:
            engine = self._opened().execution_options(reading=reading)
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                engine = sqlite.open_engine(self._url)
                try:
                    with engine.begin() as connection:
                        prepare(connection, self._name)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _unavailable(self, error: SQLAlchemyError) -> StoreUnavailableError:
        cause = getattr(error, "orig", None) or error
        return StoreUnavailableError(
            f"the results database {self._name} cannot be used ({cause}): {sqlite.next_step(cause)}"
        )


def _row(document: Document) -> dict[str, str]:
    keys, data = keys_of(document), json_of(document)
    size = len(data.encode())
    if size > MAX_BYTES:
        raise InputError(
            f"the document {keys['unique_hash']} takes {size} bytes, more than the {MAX_BYTES} "
            "that a database holds; save large values as files"
        )
    return {**keys, "data": data}


def _linked(linked_to: Collection[str]) -> list[ColumnElement[bool]]:
    if isinstance(linked_to, str) or not all(isinstance(link, str) for link in linked_to):
        raise QueryError(f"linked_to takes a list of links, not {linked_to!r}")
    if len(linked_to) > MAX_VALUES:
        raise QueryError(f"linked_to has {len(linked_to)} links; ask with {MAX_VALUES} at a time")
    with_any = select(links.c.result_id).where(links.c.link.in_(linked_to))
    return [results.c.id.in_(with_any)] if linked_to else []


def _insert(connection: Connection, row: dict[str, str], linked: list[str]) -> bool:
    add = sqlite.insert(results).values(row).on_conflict_do_nothing()
    added = connection.scalar(add.returning(results.c.id))
    if added is not None:
        if linked:
            rows = [{"result_id": added, "link": link} for link in linked]
            connection.execute(links.insert(), rows)
        return True
    same = results.c.unique_hash == row["unique_hash"]
    found = connection.scalar(select(results.c.content_hash).where(same))
    if found == row["content_hash"]:
        return False
    run = f"flow run {row['flow_id']} of project {row['project_name']!r}"
    if found is None:
        raise ResultConflictError(
            f"{run} has saved another database result already, and a flow run saves one. Save "
            "further values as files, or in the outputs of that one result, or from a flow of "
            "their own; a run that is retried with another outcome needs a new run."
        )
    raise ResultConflictError(
        f"the result of {run} has the identity of a saved result (unique_hash "
        f"{row['unique_hash']}) but other contents; add the fields that differ to unique_on"
    )


@cache
def _watch_forks() -> None:
    os.register_at_fork(before=_close_idle, after_in_child=_start_again)


def _close_idle() -> None:
    # A connection to SQLite must not cross a fork, not even to be closed in the child.
    for store in list(_stores):
        if store._engine is not None:
            store._engine.dispose()


def _start_again() -> None:
    for store in list(_stores):
        if store._engine is not None:
            # Kept, so that what another thread was using is not closed by the collector.
            _abandoned.append(store._engine)
        store._engine, store._lock = None, threading.Lock()
