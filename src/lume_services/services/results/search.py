"""What a search asks of any store, checked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lume_services.errors import QueryError
from lume_services.services.results.db import Query, Sort
from lume_services.services.results.query import (
    MAX_VALUES,
    Filter,
    Path,
    parse,
    parse_path,
    parse_sort,
)


@dataclass(frozen=True)
class Search:
    """The arguments of `ResultsDB.find`; `paths` by their texts."""

    tree: Filter
    sort: list[tuple[Path, int]]
    limit: int | None
    paths: dict[str, Path] | None
    linked_to: list[str]


def check(
    query: Query,
    sort: Sort,
    limit: int | None,
    projection: Sequence[str] | None,
    linked_to: Collection[str],
) -> Search:
    """Check the arguments of `ResultsDB.find`.

    Raises
    ------
    QueryError
        If one of them is malformed.
    """
    if limit is not None and (type(limit) is not int or limit < 0):
        raise QueryError(f"limit is a number of documents or None, not {limit!r}")
    if projection is not None and (isinstance(projection, str) or not projection):
        raise QueryError(f"projection takes a list of paths, not {projection!r}")
    if isinstance(linked_to, str) or not all(isinstance(link, str) for link in linked_to):
        raise QueryError(f"linked_to takes a list of links, not {linked_to!r}")
    if len(linked_to) > MAX_VALUES:
        raise QueryError(f"linked_to has {len(linked_to)} links; ask with {MAX_VALUES} at a time")
    return Search(
        parse(query),
        parse_sort(sort),
        limit,
        None if projection is None else {path: parse_path(path) for path in projection},
        list(linked_to),
    )
