"""Compiling a query's tree to SQL; every path and operand is a bound parameter."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, null, or_, true

from lume_services.services.results.query import (
    AllOf,
    Among,
    AnyOf,
    Comparison,
    Exists,
    Filter,
    Path,
    Scalar,
)

_COMPARE: dict[str, Any] = {
    "$eq": operator.eq,
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_RANKS = {"number": 1, "text": 2, "object": 3, "array": 4, "boolean": 5}


class JSONColumns(Protocol):
    """How one database looks into the documents of the results table."""

    def kind(self, path: Path) -> ColumnElement[Any]:
        """Return the sort of what stands at a path, of a tag its value.

        SQL NULL for nothing, else ``null``, ``number``, ``text``, ``boolean``,
        ``object`` (also a tag without value) or ``array``.
        """

    def value(self, path: Path) -> ColumnElement[Any]:
        """Return the number, text or truth value (0 or 1) at a path, of a tag its value."""

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text; SQL NULL for nothing."""


def condition(tree: Filter, columns: JSONColumns) -> ColumnElement[bool]:
    """Return the condition for a query's tree."""
    match tree:
        case AllOf(parts):
            return and_(true(), *(condition(part, columns) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(condition(part, columns) for part in parts))
        case Exists(path, expected):
            there = columns.exists(path)
            return there if expected else not_(there)
        case Comparison(path, "$ne", operand):
            return _differs(path, [operand], columns)
        case Comparison(path, name, operand):
            return _compare(path, name, operand, columns)
        case Among(path, operands, negated):
            return (_differs if negated else _equal)(path, operands, columns)


def order(sort: Sequence[tuple[Path, int]], columns: JSONColumns) -> list[ColumnElement[Any]]:
    """Return what to order by, as the table in ``query`` says."""
    terms: list[ColumnElement[Any]] = []
    for path, direction in sort:
        kind = columns.kind(path)
        rank = case(_RANKS, value=kind, else_=0)
        value = case((kind.in_(("number", "text", "boolean")), columns.value(path)), else_=null())
        terms += [rank, value] if direction == 1 else [rank.desc(), value.desc()]
    return terms


def _compare(path: Path, name: str, operand: Scalar, columns: JSONColumns) -> ColumnElement[bool]:
    if name == "$eq":
        return _equal(path, [operand], columns)
    kind = "text" if isinstance(operand, str) else "number"
    return and_(columns.kind(path) == kind, _COMPARE[name](columns.value(path), operand))


def _equal(path: Path, operands: Sequence[Scalar], columns: JSONColumns) -> ColumnElement[bool]:
    kind, value = columns.kind(path), columns.value(path)
    numbers = [x for x in operands if isinstance(x, int | float) and not isinstance(x, bool)]
    texts = [x for x in operands if isinstance(x, str)]
    truths = [int(x) for x in operands if isinstance(x, bool)]
    either: list[ColumnElement[bool]] = [
        and_(kind == name, value.in_(wanted))
        for name, wanted in (("number", numbers), ("text", texts), ("boolean", truths))
        if wanted
    ]
    if None in operands:
        either.append(func.coalesce(kind, "null") == "null")
    return or_(false(), *either)


def _differs(path: Path, operands: Sequence[Scalar], columns: JSONColumns) -> ColumnElement[bool]:
    # Where nothing stands at the path, SQL says NULL, whose opposite would be no match either.
    return not_(func.coalesce(_equal(path, operands, columns), literal(False)))
