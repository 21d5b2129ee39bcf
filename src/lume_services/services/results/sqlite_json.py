"""Looking into documents by SQLite's JSON functions."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, literal_column
from sqlalchemy.types import NullType

from lume_services.services.results.query import Path, is_index
from lume_services.services.results.sql_filter import Compare, quoted
from lume_services.services.results.sql_tables import key_column

_TAG, _VALUE = '."@lume"', '."value"'
# SQLite's own order is NULL, numbers, texts, blobs: what is neither stands for itself as a blob.
_FIRST_TEXT: ColumnElement[Any] = literal_column("''")
_FIRST_BLOB: ColumnElement[Any] = literal_column("x''")
_TRUTHS = {False: b"\x05\x00", True: b"\x05\x01"}
_BLOBS = (
    "WHEN 'object' THEN x'03' WHEN 'array' THEN x'04' "
    "WHEN 'false' THEN x'0500' WHEN 'true' THEN x'0501'"
)


class SQLiteJSON:
    """The document's JSON text, looked into by SQLite."""

    def compare(
        self, path: Path, compare: Compare, operand: str | float, between: bool
    ) -> ColumnElement[bool]:
        """Compare what stands at a path, if it is of the operand's sort."""
        column = key_column(path)
        if column is not None:
            return compare(column, operand) if isinstance(operand, str) else false()
        same, rising = compare(_key(path), operand), compare in (operator.gt, operator.ge)
        # An index takes one bound at each end: another condition's where there is one.
        key: ColumnElement[Any] = literal_column(f"{'+' if between else ''}{_key_text(path)}")
        if isinstance(operand, str):
            return and_(same, key < _FIRST_BLOB if rising else key >= _FIRST_TEXT)
        # Below a number there are but numbers, as NULL compares with nothing.
        return and_(same, key < _FIRST_TEXT) if rising else same

    def among(self, path: Path, operands: Sequence[str | float]) -> ColumnElement[bool]:
        """Say whether what stands at a path is one of the operands."""
        if key_column(path) is not None:
            operands = [operand for operand in operands if isinstance(operand, str)]
        wanted = [_TRUTHS[each] if isinstance(each, bool) else each for each in operands]
        # Otherwise all operands would be taken for what the first one is.
        return _key(path).in_(bindparam(None, wanted, NullType(), unique=True, expanding=True))

    def empty(self, path: Path) -> ColumnElement[bool]:
        """Say whether nothing or null stands at a path, or a tag of null."""
        return _key(path).is_(None)

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""
        return self.raw(path).is_not(None)

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text."""
        return literal_column(_first([f"(data -> {quoted(at)})" for at in _places(path)]))

    def order(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms to sort by."""
        return [_key(path)]

    def index_terms(self, path: Path) -> list[str]:
        """Return the terms of an index."""
        return [_key_text(path)]


def _key(path: Path) -> ColumnElement[Any]:
    """Return what stands at a path, of a tag its value, as SQLite is to order it."""
    column = key_column(path)
    return literal_column(_key_text(path)) if column is None else column


def _key_text(path: Path) -> str:
    return _first([_at(place) for place in _places(path)])


def _at(place: str) -> str:
    value, tag = quoted(place + _VALUE), quoted(place + _TAG)
    of_tag = _ordered(f"coalesce(json_type(data, {value}), 'object')", value)
    plain = _ordered(f"json_type(data, {quoted(place)})", quoted(place))
    return f"CASE WHEN json_type(data, {tag}) IS NOT NULL THEN {of_tag} ELSE {plain} END"


def _ordered(kind: str, place: str) -> str:
    return f"CASE {kind} {_BLOBS} ELSE json_extract(data, {place}) END"


def _first(choices: list[str]) -> str:
    return f"coalesce({', '.join(choices)})" if len(choices) > 1 else choices[0]


def _places(path: Path) -> list[str]:
    """Return the SQLite paths that a path can mean: digits are an index or a key."""
    choices = [[f'."{key}"', f"[{key}]"] if is_index(key) else [f'."{key}"'] for key in path]
    return ["$" + "".join(parts) for parts in itertools.product(*choices)]
