"""Expressions such as ``inputs.k1 > 1.2 and not outputs.ok == False``, made into queries.

They are written like Python and parsed with its ``ast``; nothing is evaluated. A path is names
and keys, ``outputs.sizes[3]`` or ``inputs["a.b"]``, and is compared with a number, a text,
True, False or None; ``time("2026-01-31T12:00Z")`` is a moment. What matches is what
``lume_services.services.results.query`` says, and ``not`` is the exact opposite.
"""

from __future__ import annotations

import ast
from datetime import datetime
from typing import Any

from lume_services.errors import QueryError
from lume_services.results.codec import comparable
from lume_services.results.finding.expression_source import Source

ALIASES = {"time": "created", "flow": "flow_name", "project": "project_name"}
EXAMPLE = "inputs.k1 > 1.2 and outputs.size < 1e-6"

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "$eq",
    ast.NotEq: "$ne",
    ast.Gt: "$gt",
    ast.GtE: "$gte",
    ast.Lt: "$lt",
    ast.LtE: "$lte",
    ast.In: "$in",
    ast.NotIn: "$nin",
    ast.Is: "$eq",
    ast.IsNot: "$ne",
}
_MIRRORED = {"$eq": "$eq", "$ne": "$ne", "$gt": "$lt", "$gte": "$lte", "$lt": "$gt", "$lte": "$gte"}
_OPPOSITES = {"$eq": "$ne", "$ne": "$eq", "$in": "$nin", "$nin": "$in"}
_REVERSED = {"$gt": "<=", "$gte": "<", "$lt": ">=", "$lte": ">"}
_WRONG_OPERATORS: dict[type, str] = {ast.BitAnd: "and", ast.BitOr: "or", ast.Invert: "not"}


def compile_expression(text: str) -> dict[str, Any]:
    """Return the query that an expression stands for.

    Parameters
    ----------
    text
        The expression; an empty one matches everything.

    Raises
    ------
    QueryError
        If it is no expression; shows the place and says what is expected there.
    """
    if not isinstance(text, str):
        raise QueryError(f"an expression is text such as {EXAMPLE!r}, not {text!r}")
    source = Source(text)
    if not source.text:
        return {}
    tree = source.parse()
    try:
        query = _Compiler(source).condition(tree, negated=False)
    except RecursionError:
        raise source.error(tree, "this nests too deeply; make it flatter") from None
    return source.checked(tree, query)


def compile_path(text: str) -> str:
    """Return the dotted path that a path of an expression stands for.

    Parameters
    ----------
    text
        Like ``outputs.sizes[3]``, ``inputs["a.b"]`` or ``time``; dotted paths are taken too.
    """
    if "[" not in text:
        return ALIASES.get(text, text)
    source = Source(text)
    return _Compiler(source).path(source.parse())


class _Compiler:
    def __init__(self, source: Source) -> None:
        self._source = source

    def condition(self, node: ast.expr, *, negated: bool) -> dict[str, Any]:
        match node:
            case ast.BoolOp(operator, values):
                both = isinstance(operator, ast.And) is not negated
                parts = [self.condition(value, negated=negated) for value in values]
                return {"$and" if both else "$or": parts}
            case ast.UnaryOp(ast.Not(), operand):
                return self.condition(operand, negated=not negated)
            case ast.Compare():
                return self._chain(node, negated)
            case ast.Call(ast.Name("exists"), [path], []):
                return {self.path(path): {"$exists": not negated}}
        raise self._no_condition(node)

    def _chain(self, node: ast.Compare, negated: bool) -> dict[str, Any]:
        sides = [node.left, *node.comparators]
        parts = [
            self._comparison(left, operator, right, negated)
            for left, operator, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else {"$or" if negated else "$and": parts}

    def _comparison(
        self, left: ast.expr, operator: ast.cmpop, right: ast.expr, negated: bool
    ) -> dict[str, Any]:
        name = _OPERATORS[type(operator)]
        if not _is_path(left):
            if not _is_path(right):
                raise self._no_path(left)
            if name in ("$in", "$nin") and _is_path(right):
                raise self._source.error(
                    right,
                    "nothing is searched inside texts and lists; a list of values is expected "
                    "here, as in inputs.k1 in [1, 2]",
                )
            left, right, name = right, left, _MIRRORED.get(name, name)
        path = self.path(left)
        if name in ("$in", "$nin"):
            operand: Any = self._values(right, path)
        else:
            operand = self._value(right, path)
        if isinstance(operator, ast.Is | ast.IsNot) and operand is not None:
            raise self._source.error(right, "only None follows 'is'; use == or != for values")
        if negated and name not in _OPPOSITES:
            raise self._no_opposite(left, name)
        condition = {path: {_OPPOSITES[name] if negated else name: operand}}
        return self._source.checked(right, condition)

    def path(self, node: ast.expr) -> str:
        """Return a path of an expression as a dotted path."""
        keys = self._keys(node)
        return ALIASES.get(keys[0], keys[0]) if len(keys) == 1 else ".".join(keys)

    def _keys(self, node: ast.expr) -> list[str]:
        match node:
            case ast.Name():
                return [self._source.name(node)]
            case ast.Attribute(value):
                return [*self._keys(value), self._source.name(node)]
            case ast.Subscript(value, ast.Constant(str() as key)):
                self._source.checked_key(node.slice, key)
                return [*self._keys(value), key.replace(".", r"\.")]
            case ast.Subscript(value, ast.Constant(int() as index)) if type(index) is int:
                return [*self._keys(value), str(index)]
            case ast.Subscript():
                raise self._source.error(
                    node.slice, 'an index counted from 0 or a key in quotes is expected, ["a b"]'
                )
        raise self._no_path(node)

    def _values(self, node: ast.expr, path: str) -> list[Any]:
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            raise self._source.error(node, "a list of values is expected after 'in': [1, 2]")
        return [self._value(item, path) for item in node.elts]

    def _value(self, node: ast.expr, path: str) -> Any:
        match node:
            case ast.Constant(bool() | int() | float() | str() | None as value):
                return self._moment(node, value) if path == "created" else value
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as number)):
                return -number
            case ast.UnaryOp(ast.UAdd(), ast.Constant(int() | float() as number)):
                return number
            case ast.Call(ast.Name("time"), [ast.Constant(str() as text)], []):
                return self._moment(node, text)
        raise self._no_value(node)

    def _moment(self, node: ast.expr, value: Any) -> Any:
        if value is None:
            return None
        try:
            return comparable(_parse_moment(value))
        except QueryError as error:
            raise self._source.error(node, str(error)) from None

    def _no_condition(self, node: ast.expr) -> QueryError:
        if _is_path(node):
            shown = self._source.segment(node)
            reason = f"a comparison is expected; if this is a truth value, write {shown} == True"
        elif isinstance(node, ast.Call):
            reason = "the only functions are exists(path) and, as a value, time('2026-01-31')"
        else:
            reason = self._instead(node) or f"a comparison is expected, such as {EXAMPLE}"
        return self._source.error(node, reason)

    def _no_path(self, node: ast.expr) -> QueryError:
        reason = self._instead(node) or (
            "a path is expected on one side of a comparison, such as inputs.k1; a key that is no "
            'name is written inputs["my key"]'
        )
        return self._source.error(node, reason)

    def _no_value(self, node: ast.expr) -> QueryError:
        if _is_path(node):
            reason = "a value is expected, not a second path; a text goes in quotes"
        else:
            reason = self._instead(node) or (
                "a number, a text in quotes, True, False, None or time('2026-01-31') is expected; "
                "nothing is calculated"
            )
        return self._source.error(node, reason)

    def _instead(self, node: ast.expr) -> str | None:
        word = _WRONG_OPERATORS.get(type(getattr(node, "op", None)))
        return f"use '{word}', as in {EXAMPLE}" if word else None

    def _no_opposite(self, node: ast.expr, name: str) -> QueryError:
        path = self._source.segment(node)
        return self._source.error(
            node,
            "'not' of an order would also match what is missing or of another type; write "
            f"{path} {_REVERSED[name]} ..., and 'or not exists({path})' if those are wanted too",
        )


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript)


def _parse_moment(text: object) -> datetime:
    """Return the moment that a text names; without a zone it is local."""
    try:
        if not isinstance(text, str):
            raise TypeError
        return datetime.fromisoformat(text).astimezone()
    except (TypeError, ValueError, OverflowError, OSError):
        raise QueryError(
            f"a time is expected, not {text!r}: a text such as '2026-01-31' or "
            "'2026-01-31T12:00+01:00'"
        ) from None
