"""Looking into documents by PostgreSQL's JSON operators."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Text,
    and_,
    case,
    cast,
    collate,
    false,
    func,
    literal_column,
    or_,
)
from sqlalchemy.dialects.postgresql import ARRAY as ARRAY_OF
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.sql.expression import Grouping

from lume_services.services.results.query import Path, is_index
from lume_services.services.results.sql_filter import Compare, constant
from lume_services.services.results.sql_tables import key_column, results

_RANKS = {"number": 1, "string": 2, "object": 3, "array": 4, "boolean": 5}
# An entry of an index holds 2700 bytes.
_PREFIX = 200
_WITHIN_PREFIX = {operator.gt: operator.ge, operator.lt: operator.le}
# The operator takes such keys for the index of an array, and the law of queries does not.
_LIKE_AN_INDEX = re.compile(r"\s*[+-]?\d+")


class PostgreSQLJSON:
    """The document looked into by its binary copy in the column ``search``."""

    search = literal_column("results.search", JSONB)

    def compare(self, path: Path, compare: Compare, operand: str | float) -> ColumnElement[bool]:
        """Compare what stands at a path, if it is of the operand's sort."""
        text = self._text(path)
        if not isinstance(operand, str):
            return and_(self._is(path, "number"), compare(self._number(path), _exact(operand)))
        exact: ColumnElement[bool] = compare(text, operand)
        if key_column(path) is not None:
            return exact
        roughly = _WITHIN_PREFIX.get(compare, compare)
        return and_(self._is(path, "string"), roughly(_prefix(text), operand[:_PREFIX]), exact)

    def among(self, path: Path, operands: Sequence[str | float]) -> ColumnElement[bool]:
        """Say whether what stands at a path is one of the operands."""
        truths = ["true" if each else "false" for each in operands if isinstance(each, bool)]
        numbers = [_exact(each) for each in operands if not isinstance(each, bool | str)]
        texts = [each for each in operands if isinstance(each, str)]
        return or_(
            and_(self._is(path, "number"), self._number(path).in_(numbers)) if numbers else false(),
            self._among_texts(path, "string", texts) if texts else false(),
            self._among_texts(path, "boolean", truths) if truths else false(),
        )

    def empty(self, path: Path) -> ColumnElement[bool]:
        """Say whether nothing or null stands at a path, or a tag of null."""
        return false() if key_column(path) is not None else self._rank(path) == constant(0)

    def exists(self, path: Path) -> ColumnElement[bool]:
        """Say whether anything stands at a path."""
        return _at(self.search, path).is_not(None)

    def raw(self, path: Path) -> ColumnElement[Any]:
        """Return what stands at a path, as JSON text."""
        # Not of the binary copy, which keeps neither the order of keys nor 1e16 and -0.0.
        return cast(_at(cast(results.c.data, JSON), path), Text)

    def order(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms to sort by."""
        column, text = key_column(path), self._text(path)
        terms = [self._rank(path), self._number(path), _prefix(text), text]
        return terms if column is None else [column]

    def index_terms(self, path: Path) -> list[ColumnElement[Any]]:
        """Return the terms of an index."""
        # PostgreSQL wants each expression in brackets.
        return [Grouping(term) for term in self.order(path)[:3]]

    def _rank(self, path: Path) -> ColumnElement[int]:
        """Return the sort of what stands at a path, as a number in the order of sorts."""
        ranks = [(constant(kind), constant(rank)) for kind, rank in _RANKS.items()]
        return case(*ranks, value=_type(self._target(path)), else_=constant(0))

    def _is(self, path: Path, kind: str) -> ColumnElement[bool]:
        return self._rank(path) == constant(_RANKS[kind])

    def _among_texts(self, path: Path, kind: str, texts: Sequence[str]) -> ColumnElement[bool]:
        text = self._text(path)
        if key_column(path) is not None:
            return text.in_(texts) if kind == "string" else false()
        begins = _prefix(text).in_([each[:_PREFIX] for each in texts])
        return and_(self._is(path, kind), begins, text.in_(texts))

    def _target(self, path: Path) -> ColumnElement[Any]:
        there = _at(self.search, path)
        value = func.coalesce(_member(there, "value"), literal_column("'{}'::jsonb", JSONB))
        return case((_member(there, "@lume").is_not(None), value), else_=there)

    def _number(self, path: Path) -> ColumnElement[Any]:
        target = self._target(path)
        return case((_type(target) == constant("number"), cast(target, Numeric)))

    def _text(self, path: Path) -> ColumnElement[Any]:
        """Return a text or, as text, a truth value."""
        column = key_column(path)
        if column is not None:
            return column
        target = self._target(path)
        kind = _type(target).in_([constant("string"), constant("boolean")])
        return collate(case((kind, cast(target.op("#>>")(_keys(())), Text))), "C")


def _exact(operand: float) -> Decimal:
    """Return a number as the document's JSON text has it: see ``strict``."""
    whole = float(operand).is_integer() and abs(operand) < 2.0**63
    return Decimal(int(operand)) if whole else Decimal(repr(operand))


def _type(target: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.jsonb_typeof(target)


def _prefix(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.left(text, constant(_PREFIX))


def _member(there: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    return there.op("->", return_type=JSONB())(cast(constant(key), Text))


def _at(document: ColumnElement[Any], path: Path) -> ColumnElement[Any]:
    if not any(_LIKE_AN_INDEX.fullmatch(key) and not is_index(key) for key in path):
        return document.op("#>", return_type=document.type)(_keys(path))
    for key in path:
        if is_index(key):
            document = document.op("#>", return_type=document.type)(_keys((key,)))
        else:
            document = document.op("->", return_type=document.type)(cast(constant(key), Text))
    return document


def _keys(path: Path) -> ColumnElement[Any]:
    # Keys with double quotes or backslashes are none that can be searched for.
    return cast(constant("{" + ",".join(f'"{key}"' for key in path) + "}"), ARRAY_OF(Text))
