"""Looking into documents by PostgreSQL's JSON operators."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Text,
    and_,
    cast,
    false,
    literal,
    literal_column,
    or_,
)
from sqlalchemy.dialects.postgresql import JSONB

from lume_services.services.results.query import Path, is_index
from lume_services.services.results.sql_filter import Compare, quoted
from lume_services.services.results.sql_tables import key_column

_RANKS = {"number": 1, "string": 2, "object": 3, "array": 4, "boolean": 5}
_RANKED = " ".join(f"WHEN '{kind}' THEN {rank}" for kind, rank in _RANKS.items())
# An entry of an index holds 2700 bytes.
_PREFIX = 200
_WITHIN_PREFIX = {operator.gt: operator.ge, operator.lt: operator.le}
# Of more, each to be looked up, a scan is as quick.
_MOST_CONTAINMENTS = 50
# The operator takes such keys for the index of an array, and the law of queries does not.
_LIKE_AN_INDEX = re.compile(r"\s*[+-]?\d+")


class PostgreSQLJSON:
    """The document looked into by its binary copy in the column ``search``."""

    def compare(
        self, path: Path, compare: Compare, operand: str | float, between: bool
    ) -> ColumnElement[bool]:
        """Compare what stands at a path, if it is of the operand's sort."""
        del between
        if not isinstance(operand, str):
            return and_(_is(path, "number"), compare(_number(path), _exact(operand)))
        exact = compare(_text(path), operand)
        if key_column(path) is not None:
            return exact
        roughly = _WITHIN_PREFIX.get(compare, compare)
        return and_(_is(path, "string"), roughly(_prefix(path), operand[:_PREFIX]), exact)

    def among(self, path: Path, operands: Sequence[str | float]) -> ColumnElement[bool]:
        """Say whether what stands at a path is one of the operands."""
        truths = ["true" if each else "false" for each in operands if isinstance(each, bool)]
        numbers = [_exact(each) for each in operands if not isinstance(each, bool | str)]
        texts = [each for each in operands if isinstance(each, str)]
        exactly = or_(
            and_(_is(path, "number"), _number(path).in_(numbers)) if numbers else false(),
            _among_texts(path, "string", texts) if texts else false(),
            _among_texts(path, "boolean", truths) if truths else false(),
        )
        contained = _containments(path, operands)
        return and_(or_(*contained), exactly) if contained else exactly

    def empty(self, path: Path) -> ColumnElement[bool]:
        """Say whether nothing or null stands at a path, or a tag of null."""
        return false() if key_column(path) is not None else _rank(path) == literal_column("0")

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""
        there: ColumnElement[Any] = literal_column(_at("search", path))
        return there.is_not(None)

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text."""
        # Not of the binary copy, which keeps neither the order of keys nor 1e16 and -0.0.
        return literal_column(f"({_at('data::json', path)})::text", Text)

    def order(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms to sort by."""
        column = key_column(path)
        if column is not None:
            return [column]
        return [_rank(path), _number(path), _prefix(path), _text(path)]

    def index_terms(self, path: Path) -> list[str]:
        """Return the terms of an index."""
        # PostgreSQL wants each expression in brackets.
        return [f"({term})" for term in (_rank_text(path), _number_text(path), _prefix_text(path))]


def _target(path: Path) -> str:
    """Return what stands at a path, of a tag its value."""
    there = _at("search", path)
    return (
        f"CASE WHEN {there} -> '@lume' IS NOT NULL "
        f"THEN coalesce({there} -> 'value', '{{}}'::jsonb) ELSE {there} END"
    )


def _rank_text(path: Path) -> str:
    """Return the sort of what stands at a path, as a number in the order of sorts."""
    return f"CASE jsonb_typeof({_target(path)}) {_RANKED} ELSE 0 END"


def _number_text(path: Path) -> str:
    target = _target(path)
    return f"CASE jsonb_typeof({target}) WHEN 'number' THEN ({target})::numeric END"


def _text_text(path: Path) -> str:
    """Return a text or, as text, a truth value; ordered by code point."""
    target = _target(path)
    text = f"CASE WHEN jsonb_typeof({target}) IN ('string', 'boolean') THEN ({target}) #>> '{{}}'"
    return f'({text} END) COLLATE "C"'


def _prefix_text(path: Path) -> str:
    return f"left({_text_text(path)}, {_PREFIX})"


def _rank(path: Path) -> ColumnElement[Any]:
    return literal_column(f"({_rank_text(path)})", Integer)


def _number(path: Path) -> ColumnElement[Any]:
    return literal_column(f"({_number_text(path)})", Numeric)


def _text(path: Path) -> ColumnElement[Any]:
    column = key_column(path)
    return literal_column(f"({_text_text(path)})", Text) if column is None else column


def _prefix(path: Path) -> ColumnElement[Any]:
    return literal_column(_prefix_text(path), Text)


def _is(path: Path, kind: str) -> ColumnElement[bool]:
    return _rank(path) == literal_column(str(_RANKS[kind]))


def _among_texts(path: Path, kind: str, texts: Sequence[str]) -> ColumnElement[bool]:
    text = _text(path)
    if key_column(path) is not None:
        return text.in_(texts) if kind == "string" else false()
    begins = _prefix(path).in_([each[:_PREFIX] for each in texts])
    return and_(_is(path, kind), begins, text.in_(texts))


def _containments(path: Path, operands: Sequence[str | float]) -> list[ColumnElement[bool]]:
    """Return what holds, one or the other, where an operand stands at a path.

    It may hold elsewhere, too, but is looked up in the index of all that stands anywhere.
    """
    if key_column(path) is not None:
        return []
    parts = [part for operand in operands for part in _parts(path, operand)]
    search: ColumnElement[Any] = literal_column("search")
    return [
        search.op("@>", is_comparison=True)(cast(literal(part, Text), JSONB))
        for part in (parts if len(parts) <= _MOST_CONTAINMENTS else ())
    ]


def _parts(path: Path, operand: str | float) -> list[str]:
    """Return the parts, as JSON, of which a document with an operand at a path has one."""
    value = json.dumps(operand) if isinstance(operand, bool | str) else str(_exact(operand))
    parts = [value, f'{{"value": {value}}}']
    for key in reversed(path):
        in_lists = [f"[{part}]" for part in parts] if is_index(key) else []
        parts = [f"{{{json.dumps(key)}: {part}}}" for part in parts] + in_lists
    return parts


def _exact(operand: float) -> Decimal:
    """Return a number as the document's JSON text has it: see ``strict``."""
    whole = float(operand).is_integer() and abs(operand) < 2.0**63
    return Decimal(int(operand)) if whole else Decimal(repr(operand))


def _at(document: str, path: Path) -> str:
    if not any(_LIKE_AN_INDEX.fullmatch(key) and not is_index(key) for key in path):
        return f"({document} #> {_keys(path)})"
    for key in path:
        document += f" #> {_keys((key,))}" if is_index(key) else f" -> {quoted(key)}"
    return f"({document})"


def _keys(path: Path) -> str:
    # Keys with double quotes or backslashes are none that can be searched for.
    return quoted("{" + ",".join(f'"{key}"' for key in path) + "}")
