"""Compiling a query's tree to SQL.

Every operand is a bound parameter; the keys of paths are quoted constants.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, true

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

Compare = Callable[[Any, Any], ColumnElement[bool]]

_COMPARE: dict[str, Compare] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_ABOVE, _BELOW = {"$gt", "$gte"}, {"$lt", "$lte"}
_OPPOSITES = {name: _BELOW if name in _ABOVE else _ABOVE for name in _COMPARE}


class JSONColumns(Protocol):
    """How one database looks into the documents of the results table."""

    def compare(
        self, path: Path, compare: Compare, operand: str | float, between: bool
    ) -> ColumnElement[bool]:
        """Compare what stands at a path, of a tag its value, if it is of the operand's sort.

        Between says that another condition bounds it at the other end.
        """

    def among(self, path: Path, operands: Sequence[str | float]) -> ColumnElement[bool]:
        """Say whether what stands at a path, of a tag its value, is one of the operands."""

    def empty(self, path: Path) -> ColumnElement[bool]:
        """Say whether nothing or null stands at a path, or a tag of null."""

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text; SQL NULL for nothing."""

    def order(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms to sort by, as the table in ``query`` says."""

    def index_terms(self, path: Path) -> list[str]:
        """Return the terms of an index that serves comparisons and sorts."""


def quoted(text: str) -> str:
    """Return a text as a constant of SQL: what an index is on must be written out in a query."""
    return "'" + text.replace("'", "''") + "'"


def condition(tree: Filter, columns: JSONColumns) -> ColumnElement[bool]:
    """Return the condition for a query's tree."""
    match tree:
        case AllOf(parts):
            return and_(true(), *(_part(part, parts, columns) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(condition(part, columns) for part in parts))
        case Exists(path, expected):
            there = columns.exists(path)
            return there if expected else not_(there)
        case Comparison(path, "$eq", operand):
            return _equal(path, [operand], columns)
        case Comparison(path, "$ne", operand):
            return _differs(path, [operand], columns)
        case Comparison(path, name, operand):
            return columns.compare(path, _COMPARE[name], cast("str | float", operand), False)
        case Among(path, operands, negated):
            return (_differs if negated else _equal)(path, operands, columns)


def _part(part: Filter, parts: Sequence[Filter], columns: JSONColumns) -> ColumnElement[bool]:
    if isinstance(part, Comparison) and part.operator in _OPPOSITES:
        ends = [
            each.operator
            for each in parts
            if isinstance(each, Comparison) and each.path == part.path
        ]
        between = not _OPPOSITES[part.operator].isdisjoint(ends)
        operand = cast("str | float", part.operand)
        return columns.compare(part.path, _COMPARE[part.operator], operand, between)
    return condition(part, columns)


def order(sort: Sequence[tuple[Path, int]], columns: JSONColumns) -> list[ColumnElement[Any]]:
    """Return what to order by, as the table in ``query`` says."""
    terms: list[ColumnElement[Any]] = []
    for path, direction in sort:
        rising = columns.order(path)
        terms += rising if direction == 1 else [term.desc() for term in rising]
    return terms


def _equal(path: Path, operands: Sequence[Scalar], columns: JSONColumns) -> ColumnElement[bool]:
    wanted = [operand for operand in operands if operand is not None]
    either = [columns.among(path, wanted)] if wanted else []
    if None in operands:
        either.append(columns.empty(path))
    return or_(false(), *either)


def _differs(path: Path, operands: Sequence[Scalar], columns: JSONColumns) -> ColumnElement[bool]:
    # Where SQL says NULL, its opposite would be no match either.
    return not_(func.coalesce(_equal(path, operands, columns), literal(False)))
