"""Adding documents to the tables of the SQL store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, select

from lume_services.errors import InputError
from lume_services.services.results.conflicts import conflict
from lume_services.services.results.db import Document
from lume_services.services.results.sql_dialect import Dialect, Row
from lume_services.services.results.sql_tables import results
from lume_services.services.results.strict import json_of, keys_of, links_of

_ROWS, _CHARACTERS = 1000, 8_000_000
_IDENTITIES = 500


def row_of(document: Document, max_bytes: int) -> Row:
    """Return what goes into the tables for a document."""
    keys, data, linked = keys_of(document), json_of(document), links_of(document)
    # At most four bytes for each character.
    if 4 * len(data) > max_bytes and (size := len(data.encode())) > max_bytes:
        raise InputError(
            f"the document {keys['unique_hash']} takes {size} bytes, more than the {max_bytes} "
            "that a database holds; save large values as files"
        )
    return Row(**keys, data=data, links=tuple(linked))


def insert_rows(connection: Connection, dialect: Dialect, rows: Sequence[Row], alone: bool) -> int:
    """Add the rows that are not there; return how many.

    Raises
    ------
    ResultConflictError
        For the first row that another one is in the way of.
    """
    firsts: dict[str, Row] = {}
    for row in rows:
        firsts.setdefault(row.unique_hash, row)
    new: set[str] = set()
    for batch in _batches(list(firsts.values())):
        new.update(dialect.insert_rows(connection, batch, alone))
    if len(new) < len(rows):
        others = {row.unique_hash for row in rows} - new
        contents = {identity: firsts[identity].content_hash for identity in new}
        _check(rows, contents | dict(_contents(connection, others)))
    return len(new)


def _check(rows: Sequence[Row], contents: Mapping[str, str]) -> None:
    for row in rows:
        if contents.get(row.unique_hash) != row.content_hash:
            raise conflict(row.keys, contents.get(row.unique_hash))


def _contents(connection: Connection, identities: set[str]) -> Iterator[tuple[str, str]]:
    remaining = iter(identities)
    while some := list(islice(remaining, _IDENTITIES)):
        those = results.c.unique_hash.in_(some)
        found = select(results.c.unique_hash, results.c.content_hash).where(those)
        yield from ((row.unique_hash, row.content_hash) for row in connection.execute(found))


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        if batch and (len(batch) == _ROWS or size + len(row.data) > _CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row.data)
    if batch:
        yield batch
