"""Looking into documents by SQLite's JSON functions."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal_column

from lume_services.services.results.query import Path, is_index
from lume_services.services.results.sql_filter import Compare, constant
from lume_services.services.results.sql_tables import key_column, results

_TAG, _VALUE = '."@lume"', '."value"'
# SQLite's own order is NULL, numbers, texts, blobs: what is neither stands for itself as a blob.
_FIRST_TEXT: ColumnElement[Any] = literal_column("''")
_FIRST_BLOB: ColumnElement[Any] = literal_column("x''")
_BLOBS: dict[str, ColumnElement[Any]] = {
    "object": literal_column("x'03'"),
    "array": literal_column("x'04'"),
    "false": literal_column("x'0500'"),
    "true": literal_column("x'0501'"),
}


class SQLiteJSON:
    """The document's JSON text, looked into by SQLite."""

    def compare(self, path: Path, compare: Compare, operand: str | float) -> ColumnElement[bool]:
        """Compare what stands at a path, if it is of the operand's sort."""
        if key_column(path) is not None and not isinstance(operand, str):
            return false()
        key, rising = self._key(path), compare in (operator.gt, operator.ge)
        if isinstance(operand, str):
            end = key < _FIRST_BLOB if rising else key >= _FIRST_TEXT
            return and_(compare(key, operand), end)
        # Below a number there are but numbers, as NULL compares with nothing.
        return and_(compare(key, operand), key < _FIRST_TEXT) if rising else compare(key, operand)

    def among(self, path: Path, operands: Sequence[str | float]) -> ColumnElement[bool]:
        """Say whether what stands at a path is one of the operands."""
        if key_column(path) is not None:
            operands = [operand for operand in operands if isinstance(operand, str)]
        return self._key(path).in_([_operand(operand) for operand in operands])

    def empty(self, path: Path) -> ColumnElement[bool]:
        """Say whether nothing or null stands at a path, or a tag of null."""
        return self._key(path).is_(None)

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""
        return self.raw(path).is_not(None)

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text."""
        return _first([results.c.data.op("->")(constant(at)) for at in _places(path)])

    def order(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms to sort by."""
        return [self._key(path)]

    def index_terms(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms of an index."""
        return self.order(path)

    def _key(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as SQLite is to order it."""
        column = key_column(path)
        return _first([_at(place) for place in _places(path)]) if column is None else column


def _operand(operand: str | float) -> Any:
    return _BLOBS["true" if operand else "false"] if isinstance(operand, bool) else operand


def _at(place: str) -> ColumnElement[Any]:
    of_tag = func.coalesce(_type(place + _VALUE), constant("object"))
    return case(
        (_type(place + _TAG).is_not(None), _ordered(of_tag, place + _VALUE)),
        else_=_ordered(_type(place), place),
    )


def _ordered(kind: ColumnElement[Any], place: str) -> ColumnElement[Any]:
    blobs = [(constant(name), blob) for name, blob in _BLOBS.items()]
    return case(*blobs, value=kind, else_=func.json_extract(results.c.data, constant(place)))


def _first(choices: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.coalesce(*choices) if len(choices) > 1 else choices[0]


def _type(at: str) -> ColumnElement[Any]:
    return func.json_type(results.c.data, constant(at))


def _places(path: Path) -> list[str]:
    """Return the SQLite paths that a path can mean: digits are an index or a key."""
    choices = [[f'."{key}"', f"[{key}]"] if is_index(key) else [f'."{key}"'] for key in path]
    return ["$" + "".join(parts) for parts in itertools.product(*choices)]
