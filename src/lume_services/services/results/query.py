"""Queries of MongoDB's form, checked and made into a small tree that a store compiles.

A path names keys from the top of a document, joined by dots: ``outputs.sizes.3``. A
part of digits is an index where the document has a list there, else a key. A dot or a
backslash inside a key is escaped by a backslash. Keys with double quotes, backslashes or control
characters cannot be searched.

What stands at a path is compared as it is; a tag of the codec (an object with the key
``@lume``) is compared as its ``value``. A list is not searched through: name an index.

====================================  ==================================================
at the path                           matches
====================================  ==================================================
nothing                               ``$eq: None``, ``$ne`` of all else, ``$exists: False``
null                                  ``$eq: None``, ``$ne`` of all else, ``$exists: True``
number                                numbers, whole or not, by exact value; never a truth
                                      value or a text
truth value                           ``$eq``, ``$ne``, ``$in``, ``$nin`` with a truth value
text                                  texts, by code point, case matters
list, object, tag without a value     nothing but ``$ne``, ``$nin`` and ``$exists: True``
(such as NaN)
====================================  ==================================================

``$gt``, ``$gte``, ``$lt`` and ``$lte`` take a number or a text and match only what is of the
same sort. ``$ne`` and ``$nin`` are the exact opposites of ``$eq`` and ``$in``.

Sorting puts nothing and null first, then numbers, texts, objects, lists, truth values;
objects among themselves, and lists, are equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lume_services.errors import QueryError

Path = tuple[str, ...]
Scalar = str | int | float | bool | None

COMPARISONS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
OPERATORS = (*COMPARISONS, "$in", "$nin", "$exists")
COMBINATIONS = ("$and", "$or")
# Bounds that keep every query within the limits of all databases.
MAX_CONDITIONS = 200
MAX_VALUES = 1000
_MAX_DEPTH = 32
_MAX_INDICES = 4
_MAX_KEYS = 100
_MAX_SORTS = 16
_UNSEARCHABLE = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Comparison:
    """What stands at a path, compared by one of `COMPARISONS`."""

    path: Path
    operator: str
    operand: Scalar


@dataclass(frozen=True)
class Among:
    """What stands at a path is equal to one of the operands, or to none if negated."""

    path: Path
    operands: tuple[Scalar, ...]
    negated: bool


@dataclass(frozen=True)
class Exists:
    """Whether anything, also null, stands at a path."""

    path: Path
    expected: bool


@dataclass(frozen=True)
class AllOf:
    """All of the parts match; everything does where there are none."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class AnyOf:
    """Any of the parts matches; there is at least one."""

    parts: tuple[Filter, ...]


Filter = Comparison | Among | Exists | AllOf | AnyOf


def parse(query: Mapping[str, Any]) -> Filter:
    """Check a query and return its tree.

    Raises
    ------
    QueryError
        If it is malformed or uses an operator that is not supported; names the place.
    """
    tree = _parse(query, 1)
    _check_size(list(leaves(tree)))
    return tree


def parse_path(text: Any) -> Path:
    """Split a dotted path into its keys."""
    if not isinstance(text, str) or not text:
        raise QueryError(f"a path is dotted text like 'outputs.x', not {text!r}")
    keys = tuple(key.replace(r"\.", ".") for key in re.split(r"(?<!\\)\.", text))
    if "" in keys or any(_UNSEARCHABLE.search(key) for key in keys):
        raise QueryError(
            f"the path {text!r} cannot be searched: its keys must not be empty nor hold double "
            r"quotes, backslashes or control characters; a dot inside a key is written '\.'"
        )
    if sum(is_index(key) for key in keys) > _MAX_INDICES:
        raise QueryError(f"the path {text!r} has more than {_MAX_INDICES} indices")
    if len(keys) > _MAX_KEYS:
        raise QueryError(f"the path {text!r} has more than {_MAX_KEYS} keys")
    return keys


def is_index(key: str) -> bool:
    """Say whether a part of a path can be an index of a list."""
    return re.fullmatch(r"0|[1-9]\d{0,8}", key, re.ASCII) is not None


def parse_sort(sort: Sequence[Any]) -> list[tuple[Path, int]]:
    """Check a sort order and split its paths."""
    for item in sort:
        if not (isinstance(item, tuple | list) and len(item) == 2 and item[1] in (1, -1)):
            raise QueryError(f"sort takes pairs like ('created', -1) with 1 or -1, not {item!r}")
    if len(sort) > _MAX_SORTS:
        raise QueryError(f"sort has {len(sort)} paths; give {_MAX_SORTS} at most")
    return [(parse_path(path), direction) for path, direction in sort]


def _parse(query: Any, depth: int) -> Filter:
    if not isinstance(query, Mapping):
        raise QueryError(f"a query is a dictionary like {{'outputs.x': 1}}, not {query!r}")
    if depth > _MAX_DEPTH:
        raise QueryError(f"the query nests deeper than {_MAX_DEPTH} levels; flatten it")
    parts: list[Filter] = []
    for key, value in query.items():
        if key in COMBINATIONS:
            parts.append(_combination(key, value, depth))
        elif isinstance(key, str) and key.startswith("$"):
            raise _unknown(key, COMBINATIONS)
        else:
            parts.extend(_conditions(key, value))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def leaves(tree: Filter) -> Iterator[Comparison | Among | Exists]:
    """Return what a tree says of single paths."""
    if isinstance(tree, AllOf | AnyOf):
        for part in tree.parts:
            yield from leaves(part)
    else:
        yield tree


def _check_size(parts: Sequence[Comparison | Among | Exists]) -> None:
    if len(parts) > MAX_CONDITIONS:
        raise QueryError(
            f"the query has {len(parts)} conditions; ask with {MAX_CONDITIONS} at a time"
        )
    values = sum(len(leaf.operands) for leaf in parts if isinstance(leaf, Among))
    if values > MAX_VALUES:
        raise QueryError(
            f"the query has {values} values in $in and $nin; ask with {MAX_VALUES} at a time"
        )


def _combination(operator: str, queries: Any, depth: int) -> Filter:
    if not isinstance(queries, list | tuple) or not queries:
        raise QueryError(f"{operator} takes a list of one or more queries, not {queries!r}")
    parts = tuple(_parse(query, depth + 1) for query in queries)
    return AllOf(parts) if operator == "$and" else AnyOf(parts)


def _conditions(text: str, condition: Any) -> list[Filter]:
    path = parse_path(text)
    if not isinstance(condition, Mapping):
        return [Comparison(path, "$eq", _operand(text, "$eq", condition))]
    if not condition:
        raise QueryError(f"{text!r} has an empty condition; give a value or an operator")
    return [_condition(path, text, *item) for item in condition.items()]


def _condition(path: Path, text: str, operator: str, operand: Any) -> Filter:
    if operator not in OPERATORS:
        raise _unknown(operator, OPERATORS, text)
    if operator == "$exists":
        if not isinstance(operand, bool):
            raise QueryError(f"$exists of {text!r} takes True or False, not {operand!r}")
        return Exists(path, operand)
    if operator in ("$in", "$nin"):
        return _membership(path, text, operator, operand)
    return Comparison(path, operator, _operand(text, operator, operand))


def _membership(path: Path, text: str, operator: str, operands: Any) -> Filter:
    if not isinstance(operands, list | tuple):
        raise QueryError(f"{operator} of {text!r} takes a list of values, not {operands!r}")
    values = tuple(_operand(text, operator, operand) for operand in operands)
    return Among(path, values, negated=operator == "$nin")


def _operand(text: str, operator: str, operand: Any) -> Scalar:
    if isinstance(operand, float) and not math.isfinite(operand):
        raise QueryError(f"{operator} of {text!r} takes a finite number, not {operand}")
    if type(operand) is int and operand not in _INT64:
        raise QueryError(f"{operator} of {text!r} takes an integer of 64 bits, not {operand}")
    ordered = operator in ("$gt", "$gte", "$lt", "$lte")
    kinds: tuple[type, ...] = (str, int, float) if ordered else (str, int, float, bool, type(None))
    if type(operand) not in kinds:
        names = "a number or a text" if ordered else "a number, a text, True, False or None"
        raise QueryError(f"{operator} of {text!r} takes {names}, not {operand!r}")
    if isinstance(operand, str) and re.search("[\0\ud800-\udfff]", operand):
        raise QueryError(f"{operator} of {text!r}: no NUL or surrogate can be searched for")
    return operand  # type: ignore[no-any-return]


def _unknown(operator: Any, known: tuple[str, ...], text: str | None = None) -> QueryError:
    where = f" of {text!r}" if text else ""
    near = get_close_matches(str(operator), (*OPERATORS, *COMBINATIONS), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    if not str(operator).startswith("$"):
        hint = "; for a key inside, write the dotted path"
    return QueryError(
        f"unknown operator {operator!r}{where}; supported here: {', '.join(known)}{hint}"
    )
