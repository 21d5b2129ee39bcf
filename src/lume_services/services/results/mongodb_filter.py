"""Compiling a query's tree to MongoDB's filter, over the fields that `mongodb_fields` makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lume_services.services.results.mongodb_fields import field, inside
from lume_services.services.results.query import (
    AllOf,
    Among,
    AnyOf,
    Comparison,
    Exists,
    Filter,
    Path,
)

ORDER = "/order"
"""The order of insertion."""

REVERSED = "/reversed"
"""Its negative."""

LINKS = "/links"
"""The links of a document once more, in an array for an index."""


RISING, FALLING = "rising ", "falling "
"""What the names of the two indexes for a path begin with."""

_IDENTITY = ("unique_hash",)


def condition(tree: Filter) -> dict[str, Any]:
    """Return the filter for a query's tree."""
    match tree:
        case AllOf(()):
            return {}
        case AllOf(parts):
            return {"$and": [condition(part) for part in parts]}
        case AnyOf(parts):
            return {"$or": [condition(part) for part in parts]}
        case Exists(path, expected):
            return {_compared(path): {"$exists": expected}}
        case Comparison(path, name, operand):
            return {_compared(path): {name: operand}}
        case Among(path, operands, negated):
            return {_compared(path): {"$nin" if negated else "$in": list(operands)}}


def order(sort: Sequence[tuple[Path, int]]) -> list[tuple[str, int]]:
    """Return what to sort by; the last part, by insertion, goes the way that its index goes."""
    terms: dict[str, int] = {}
    for path, direction in sort:
        terms.setdefault(_compared(path), direction)
    falling = bool(terms) and list(terms.values())[-1] == -1
    return [*terms.items(), (REVERSED, -1) if falling else (ORDER, 1)]


def indexes(path: Path) -> dict[str, list[tuple[str, int]]]:
    """Return the indexes that make searching and sorting on a path fast, by `RISING`, `FALLING`.

    An index can be walked backwards, but then equals would be, too, which stay in the order of
    insertion. That is why the second one ends with the negative of that order; it is no falling
    index, as not every server of MongoDB's protocol has texts in order in such.
    """
    return {
        RISING: [(_compared(path), 1), (ORDER, 1)],
        FALLING: [(_compared(path), 1), (REVERSED, 1)],
    }


def shown(paths: Sequence[Path]) -> dict[str, int]:
    """Return the projection to the fields of some paths; none of them is within another."""
    names = {"_id", ORDER}
    for path in paths:
        if not any(path[:length] in paths for length in range(1, len(path))):
            names |= {field(path), inside(path)}
    return dict.fromkeys(sorted(names), 1)


def _compared(path: Path) -> str:
    # MongoDB has an index on its own field for the identity anyway.
    return "_id" if path == _IDENTITY else field(path)
