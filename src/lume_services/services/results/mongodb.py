"""Results in MongoDB."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from lume_services.errors import ResultsError
from lume_services.services.results.db import Document, Query, ResultsDB, Sort
from lume_services.services.results.mongodb_fields import from_fields, value_at
from lume_services.services.results.mongodb_filter import (
    FALLING,
    LINKS,
    ORDER,
    condition,
    order,
    shown,
)
from lume_services.services.results.mongodb_insert import Insertion
from lume_services.services.results.mongodb_server import (
    Fields,
    Results,
    add_indexes,
    check_url,
    connect,
    models,
    prepare,
    translated,
)
from lume_services.services.results.query import Path, parse
from lume_services.services.results.search import Search, check
from lume_services.settings_problems import mask_url


class MongoResultsDB(ResultsDB):
    """The results database in MongoDB 4.4 or later, one server or a replica set.

    A change is on the disks of a majority of the servers when its method returns. No
    transactions are used: if the process or the server is killed in the middle, `insert_many`
    leaves some whole documents behind and `delete` has deleted some; the same call again does
    the rest. Order of insertion is by the clocks of the machines that insert.

    Parameters
    ----------
    url
        Such as ``mongodb://user:password@host:27017/database``. Without a database,
        ``lume_services``. The server is asked for nothing until the first use.
    """

    def __init__(self, url: str) -> None:
        check_url(url)
        self._url = url
        self._name = mask_url(url)
        # By process, as no connection may cross a fork.
        self._opened: dict[int, Results] = {}
        self._newest = 0
        weakref.finalize(self, _close, self._opened)

    def __repr__(self) -> str:
        return f"MongoResultsDB({self._name!r})"

    def insert_many(self, documents: Sequence[Document]) -> int:
        """Add all documents or none; return how many were not there yet."""
        with translated(self._name):
            results = self._results()
            return Insertion(documents, self._numbers(len(documents))).into(results)

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
        return self._stream(search)

    def count(self, query: Query) -> int:
        """Return the number of matching documents."""
        where = condition(parse(query))
        with translated(self._name):
            return self._results().count_documents(where)

    def delete(self, query: Query) -> int:
        """Delete the matching documents; return how many."""
        where = condition(parse(query))
        with translated(self._name):
            return self._results().delete_many(where).deleted_count

    def links(self, prefix: str) -> Iterator[str]:
        """Return, in order, each different link that begins with a text."""
        beginning = {"$gte": prefix, "$lte": prefix + chr(0x10FFFF)}
        steps: list[Any] = [
            {"$match": {LINKS: {"$elemMatch": beginning}}},
            {"$project": {"_id": 0, LINKS: 1}},
            {"$unwind": f"${LINKS}"},
            {"$match": {LINKS: beginning}},
            {"$group": {"_id": f"${LINKS}"}},
            {"$sort": {"_id": 1}},
        ]
        with (
            translated(self._name),
            self._results().aggregate(steps, allowDiskUse=True) as found,
        ):
            for entry in found:
                yield entry["_id"]

    def index(self, path: str) -> None:
        """Make queries and sorts on a path fast at any size; do nothing if they are already."""
        wanted = models(path)
        with translated(self._name):
            add_indexes(self._results(), wanted)

    def indexes(self) -> list[str]:
        """Return the paths that were given to `index`."""
        with translated(self._name):
            names = self._results().index_information()
        return sorted(name.removeprefix(FALLING) for name in names if name.startswith(FALLING))

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        _close(self._opened)

    def _stream(self, search: Search) -> Iterator[Document]:
        where = condition(search.tree)
        if search.linked_to:
            where = {"$and": [where, {LINKS: {"$in": search.linked_to}}]}
        if search.limit == 0:
            return
        paths = search.paths
        with translated(self._name):
            results = self._results()
            with results.find(
                where,
                None if paths is None else shown(list(paths.values())),
                sort=order(search.sort),
                limit=search.limit or 0,
                allow_disk_use=True,
            ) as cursor:
                for fields in _not_newer(results, cursor):
                    yield self._read(fields, paths)

    def _read(self, fields: Fields, paths: dict[str, Path] | None) -> Document:
        try:
            if paths is None:
                return from_fields(fields)
            pairs = ((text, value_at(path, fields)) for text, path in paths.items())
            return {text: value for text, values in pairs for value in values}
        except (TypeError, ValueError, AttributeError) as error:
            identity = fields.get("_id", "one without its hash")
            raise ResultsError(
                f"the results database {self._name} holds a damaged document, {identity}; "
                "put a backup in its place, or delete the document"
            ) from error

    def _results(self) -> Results:
        results = self._opened.get(os.getpid())
        return results if results is not None else self._open()

    def _open(self) -> Results:
        made = connect(self._url)
        try:
            prepare(made.database, self._name)
            self._newest = max(self._newest, _newest(made))
        except BaseException:
            made.database.client.close()
            raise
        # Another thread may have been faster.
        kept = self._opened.setdefault(os.getpid(), made)
        if kept is not made:
            made.database.client.close()
        return kept

    def _numbers(self, count: int) -> int:
        """Return the first of so many numbers that are greater than all before."""
        first = max(self._newest + 1, time.time_ns())
        self._newest = first + count
        return first


def _close(opened: dict[int, Results]) -> None:
    results = opened.pop(os.getpid(), None)
    if results is not None:
        results.database.client.close()


def _newest(results: Results) -> int:
    found = results.find_one({}, {ORDER: 1}, sort=[(ORDER, -1)])
    return 0 if found is None else int(found[ORDER])


def _not_newer(results: Results, cursor: Any) -> Iterator[Fields]:
    """Yield what was there when the search began: a cursor also finds what is inserted later."""
    first = next(cursor, None)
    if first is None:
        return
    # The server has the rest of a long answer, and goes on looking for it.
    newest = _newest(results) if cursor.cursor_id else None
    yield first
    yield from (fields for fields in cursor if newest is None or fields[ORDER] <= newest)
