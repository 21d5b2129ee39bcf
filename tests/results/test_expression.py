"""Expressions, and what they stand for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import QueryError
from lume_services.results.finding.expression import compile_expression, compile_path
from lume_services.services.results.query import parse

A, B = {"a": {"$eq": 1}}, {"b": {"$eq": 2}}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", {}),
        ("inputs.k1 > 1.2", {"inputs.k1": {"$gt": 1.2}}),
        ("1.2 < inputs.k1", {"inputs.k1": {"$gt": 1.2}}),
        ("x == -1e-6", {"x": {"$eq": -1e-6}}),
        ("x != +1_000", {"x": {"$ne": 1000}}),
        ("0 < x <= 1", {"$and": [{"x": {"$gt": 0}}, {"x": {"$lte": 1}}]}),
        ("x == None", {"x": {"$eq": None}}),
        ("x is not None", {"x": {"$ne": None}}),
        ("x in [1, 'a', True, None]", {"x": {"$in": [1, "a", True, None]}}),
        ("x not in (1, 2)", {"x": {"$nin": [1, 2]}}),
        ("exists(x.y)", {"x.y": {"$exists": True}}),
        ("not exists(x)", {"x": {"$exists": False}}),
        (
            "a == 1 and b == 2 or c == 3",
            {"$or": [{"$and": [A, B]}, {"c": {"$eq": 3}}]},
        ),
        ("not (a == 1 or b in [2])", {"$and": [{"a": {"$ne": 1}}, {"b": {"$nin": [2]}}]}),
        ("not (a != 1 and not b == 2)", {"$or": [A, B]}),
        ("outputs.sizes[3] > 1", {"outputs.sizes.3": {"$gt": 1}}),
        ("inputs['my key'] == 'x'", {"inputs.my key": {"$eq": "x"}}),
        ('inputs["a.b"].c == 1', {r"inputs.a\.b.c": {"$eq": 1}}),
        (
            "outputs.lambda < 1 and outputs . in . is >= 2",
            {"$and": [{"outputs.lambda": {"$lt": 1}}, {"outputs.in.is": {"$gte": 2}}]},
        ),
        ("outputs.\N{MICRO SIGN}m > 1", {"outputs.\N{MICRO SIGN}m": {"$gt": 1}}),
        ("'.lambda' == outputs.or", {"outputs.or": {"$eq": ".lambda"}}),
        (
            "flow == 'track'\nand project != 'x'",
            {"$and": [{"flow_name": {"$eq": "track"}}, {"project_name": {"$ne": "x"}}]},
        ),
        ("inputs.time == 1", {"inputs.time": {"$eq": 1}}),
        ("time > '2026-01-01T00:00+01:00'", {"created": {"$gt": "2025-12-31T23:00:00.000000Z"}}),
        (
            "outputs.at <= time('2026-01-01T00:00Z')",
            {"outputs.at": {"$lte": "2026-01-01T00:00:00.000000Z"}},
        ),
        ("outputs.at > '2026-01-01'", {"outputs.at": {"$gt": "2026-01-01"}}),
        ("x == 1  # the first", {"x": {"$eq": 1}}),
    ],
)
def test_an_expression_becomes_a_query(text: str, query: dict[str, Any]) -> None:
    assert compile_expression(text) == query


def test_a_time_without_zone_is_local() -> None:
    local = datetime(2026, 7, 1).astimezone()
    stored = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert compile_expression("created >= '2026-07-01'") == {"created": {"$gte": stored}}


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("x = 1", 3, "use '==' in place of '='"),
        ("x > 1 && y < 2", 7, "use 'and' in place of '&&'"),
        ("x > 1 OR y < 2", 7, "use 'or' in place of 'OR'"),
        ("(x > 1) & (y < 2)", 9, "use 'and', as in"),
        ("~(x > 1)", 1, "use 'not', as in"),
        ("outputs.sizes.3 > 1", 14, "an index is written [3]"),
        ("x > 1 y < 2", 7, "this is not understood"),
        ("x ==", 5, "this is not understood"),
        ("x == 'a", 6, "unterminated string"),
        ("(x == 1", 1, "'(' was never closed"),
        ("outputs.ok", 1, "write outputs.ok == True"),
        ("a == 1 and outputs.ok", 12, "write outputs.ok == True"),
        ("x == y", 6, "not a second path; a text goes in quotes"),
        ("1 < 2", 1, "a path is expected on one side"),
        ("inputs.a-b > 1", 9, 'is written inputs["my key"]'),
        ("x > 1 + 2", 7, "nothing is calculated"),
        ("x == [1]", 6, "a number, a text in quotes, True, False, None or time"),
        ("x == f'a'", 6, "a number, a text in quotes"),
        ("x in 5", 6, "a list of values is expected after 'in'"),
        ("'a' in x", 8, "nothing is searched inside texts and lists"),
        ("x is 3", 6, "only None follows 'is'"),
        ("x[-1] > 1", 3, "an index counted from 0"),
        ("x[1:2] > 1", 3, "an index counted from 0"),
        ("x[''] > 1", 3, "a path is dotted text"),
        ("x['a\"'] > 1", 3, "cannot be searched"),
        ("x > None", 5, "takes a number or a text, not None"),
        ("x > True", 5, "takes a number or a text, not True"),
        ("x > 1e999", 5, "takes a finite number"),
        ("x > 99999999999999999999", 5, "takes an integer of 64 bits"),
        ("f(x) > 1", 1, "a path is expected on one side"),
        ("len(x)", 1, "the only functions are exists(path)"),
        ("exists(1)", 8, "a path is expected"),
        ("created > 'yesterday'", 11, "a time is expected, not 'yesterday'"),
        ("created > 5", 11, "a time is expected, not 5"),
        ("x > time('noon')", 5, "a time is expected, not 'noon'"),
        ("not x > 1", 5, "write x <= ..., and 'or not exists(x)'"),
        ("not 0 < x < 1", 9, "write x <= ..."),
        ("lambda: 3", 1, "a comparison is expected"),
        ("[y for y in x]", 1, "a comparison is expected"),
        ("x := 1", 3, "not understood"),
        ("__import__('os').system('true') == 1", 1, "a path is expected"),
        ("-" * 9000 + "1 > x", 1, "nests too deeply"),
        ("(" * 300 + "x > 1" + ")" * 300, 201, "this is not understood"),
        ("é == 1 and ü", 12, "write ü == True"),
    ],
)
def test_an_error_shows_the_place(text: str, column: int, reason: str) -> None:
    with pytest.raises(QueryError, match=re.escape(reason)) as caught:
        compile_expression(text)
    message, shown, caret = str(caught.value).splitlines()
    assert f"at column {column}: " in message
    assert shown[caret.index("^") :][:20] == text[column - 1 :][: 2 + 60 - caret.index("^")][:20]


def test_what_is_no_text_or_too_long() -> None:
    with pytest.raises(QueryError, match=r"an expression is text such as .* not 5"):
        compile_expression(5)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="longer than 20000 characters"):
        compile_expression("x" * 20_001)
    with pytest.raises(QueryError, match="200 at a time"):
        compile_expression(" or ".join(["x == 1"] * 300))


@given(st.text(max_size=30) | st.text("x.()[]'\"=<>!&|~ -+0123abnotdor,:#\\", max_size=40))
def test_any_text_is_a_query_or_an_error_of_ours(text: str) -> None:
    try:
        query = compile_expression(text)
    except QueryError:
        return
    assert parse(query)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("time", "created"),
        ("inputs.time", "inputs.time"),
        ("outputs.sizes[3]", "outputs.sizes.3"),
        ("outputs.sizes.3", "outputs.sizes.3"),
        (r"inputs.a\.b", r"inputs.a\.b"),
        ('inputs["a.b"]', r"inputs.a\.b"),
    ],
)
def test_paths(text: str, path: str) -> None:
    assert compile_path(text) == path
