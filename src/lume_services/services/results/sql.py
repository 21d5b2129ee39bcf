"""Results in a SQL database, by SQLAlchemy."""

from __future__ import annotations

import itertools
import json
import os
import threading
import weakref
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Select, delete, func, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from lume_services.errors import ResultsError, SettingsError, StoreUnavailableError
from lume_services.services.results.db import Document, Query, ResultsDB, Sort
from lume_services.services.results.query import AllOf, Comparison, Filter, Path, parse, parse_path
from lume_services.services.results.search import check
from lume_services.services.results.sql_dialect import Engines, dialect_of
from lume_services.services.results.sql_filter import condition, order
from lume_services.services.results.sql_insert import insert_rows, row_of
from lume_services.services.results.sql_schema import add_index, prepare
from lume_services.services.results.sql_tables import indexed_paths, links, results
from lume_services.settings_problems import mask_url

_ATTEMPTS = 3
_PAGE = 100

_Answer = TypeVar("_Answer")

_stores: weakref.WeakSet[SQLResultsDB] = weakref.WeakSet()
_abandoned: list[Engines] = []


class SQLResultsDB(ResultsDB):
    """The results database in SQLite, one file in WAL mode, or in PostgreSQL.

    Parameters
    ----------
    url
        SQLAlchemy URL such as ``sqlite:////data/results.sqlite`` or
        ``postgresql://user:password@host:5432/database``. Nothing is opened or made until
        the first use.
    """

    def __init__(self, url: str) -> None:
        try:
            given = make_url(url)
        except (ArgumentError, ValueError):
            raise SettingsError(
                "the URL of the results database cannot be read; give one like "
                "sqlite:////data/results.sqlite or postgresql://user:password@host:5432/database"
            ) from None
        self._dialect = dialect_of(given)
        self._name = mask_url(given.render_as_string(hide_password=True))
        self._url = self._dialect.check_url(given)
        self._opened: Engines | None = None
        self._lock = threading.Lock()
        _watch_forks()
        _stores.add(self)

    def __repr__(self) -> str:
        return f"SQLResultsDB({self._name!r})"

    def insert_many(self, documents: Sequence[Document]) -> int:
        """Add all documents or none; return how many were not there yet."""
        rows = [row_of(document, self._dialect.MAX_BYTES) for document in documents]
        attempts = itertools.count()
        return self._run(
            lambda connection: insert_rows(
                connection, self._dialect, rows, alone=next(attempts) > 0
            ),
            within="writing_once" if len(rows) == 1 else "writing",
        )

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
        search = check(query, sort, limit, projection, linked_to)
        columns = self._dialect.columns
        shown = (
            [results.c.data] if search.paths is None else map(columns.raw, search.paths.values())
        )
        statement = (
            select(*shown)
            .select_from(results)
            .where(condition(search.tree, columns))
            .order_by(*order(search.sort, columns), results.c.id)
            .limit(limit)
        )
        if search.linked_to:
            any_of_them = select(links.c.result_id).where(links.c.link.in_(search.linked_to))
            statement = statement.where(results.c.id.in_(any_of_them))
        few = _is_of_one(search.tree) or (limit is not None and limit <= _PAGE)
        return self._documents(self._rows(statement, few), search.paths)

    def count(self, query: Query) -> int:
        """Return the number of matching documents."""
        where = condition(parse(query), self._dialect.columns)
        statement = select(func.count()).select_from(results).where(where)
        return self._run(
            lambda connection: connection.scalars(statement).one(), within="reading_once"
        )

    def delete(self, query: Query) -> int:
        """Delete the matching documents, all or none; return how many."""
        statement = delete(results).where(condition(parse(query), self._dialect.columns))
        return self._run(
            lambda connection: connection.execute(statement).rowcount, repeatable=False
        )

    def links(self, prefix: str) -> Iterator[str]:
        """Return, in order, each different link that begins with a text."""
        link, last = links.c.link, prefix + chr(0x10FFFF)
        statement = select(link).where(link >= prefix, link <= last).distinct().order_by(link)
        return (row.link for row in self._rows(statement))

    def index(self, path: str) -> None:
        """Make queries and sorts on a path fast at any size; do nothing if they are already."""
        parse_path(path)
        self._run(lambda connection: add_index(connection, self._dialect, path))

    def indexes(self) -> list[str]:
        """Return the paths that were given to `index`."""
        statement = select(indexed_paths.c.path).order_by(indexed_paths.c.path)
        return self._run(
            lambda connection: list(connection.scalars(statement)), within="reading_once"
        )

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        with self._lock:
            if self._opened is not None:
                self._opened.writing.dispose()
            self._opened = None

    def _documents(
        self, rows: Generator[Any], paths: Mapping[str, Path] | None
    ) -> Iterator[Document]:
        # Closed with what this returns, and not when the collector comes by.
        with closing(rows):
            for row in rows:
                if paths is None:
                    yield self._decoded(row[0])
                else:
                    pairs = zip(paths, row, strict=True)
                    yield {path: self._decoded(text) for path, text in pairs if text is not None}

    def _decoded(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise ResultsError(
                f"the results database {self._name} holds a damaged document ({error}); "
                "put a backup in its place, or delete the document"
            ) from error

    def _rows(self, statement: Select[Any], few: bool = False) -> Generator[Any]:
        """Read rows, page after page unless they are few."""
        for attempt in itertools.count():
            begun = False
            try:
                engines = self._engines()
                with (engines.reading_once if few else engines.reading).begin() as connection:
                    options = {} if few else {"yield_per": _PAGE}
                    # Closed here, also where the caller stops in the middle.
                    with connection.execute(statement, execution_options=options) as rows:
                        for row in rows:
                            begun = True
                            yield row
                return
            except SQLAlchemyError as error:
                self._consider(error, attempt, repeatable=not begun)

    def _run(
        self,
        work: Callable[[Connection], _Answer],
        *,
        within: Literal["writing", "writing_once", "reading_once"] = "writing",
        repeatable: bool = True,
    ) -> _Answer:
        """Do some work in a transaction, again where that has been dropped.

        Unless it is repeatable, not where nobody knows whether it has been committed.
        """
        for attempt in itertools.count():
            answered = False
            try:
                with getattr(self._engines(), within).begin() as connection:
                    answer = work(connection)
                    answered = True
                return answer
            except SQLAlchemyError as error:
                self._consider(error, attempt, repeatable=repeatable or not answered)
        raise AssertionError  # the attempts are counted by _consider

    def _consider(self, error: SQLAlchemyError, attempt: int, repeatable: bool) -> None:
        """Raise an error, unless what was done is to be done again."""
        if attempt + 1 < _ATTEMPTS and repeatable and self._dialect.may_repeat(error):
            return
        cause = getattr(error, "orig", None) or error
        told = " ".join(str(cause.args[0] if cause.args else cause).split())
        step = self._dialect.next_step(cause, self._url)
        raise StoreUnavailableError(
            f"the results database {self._name} cannot be used ({told}): {step}",
            may_pass=self._dialect.may_pass(error),
        ) from error

    def _engines(self) -> Engines:
        with self._lock:
            if self._opened is None:
                engines = self._dialect.open_engines(self._url)
                try:
                    prepare(engines, self._dialect, self._name, self._url.username)
                except BaseException:
                    engines.writing.dispose()
                    raise
                self._opened = engines
            return self._opened


def _is_of_one(tree: Filter) -> bool:
    parts = tree.parts if isinstance(tree, AllOf) else (tree,)
    return any(
        isinstance(part, Comparison) and (part.path, part.operator) == (("unique_hash",), "$eq")
        for part in parts
    )


@cache
def _watch_forks() -> None:
    os.register_at_fork(before=_close_idle, after_in_child=_start_again)


def _close_idle() -> None:
    for store in list(_stores):
        if store._opened is not None and store._dialect.CLOSE_BEFORE_FORK:
            store._opened.writing.dispose()


def _start_again() -> None:
    for store in list(_stores):
        if store._opened is not None:
            # Kept, so that what another thread was using is not closed by the collector.
            _abandoned.append(store._opened)
        store._opened, store._lock = None, threading.Lock()
