"""Queries are checked before any database is asked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lume_services.errors import QueryError
from lume_services.services.results.query import (
    AllOf,
    Among,
    AnyOf,
    Comparison,
    Exists,
    parse,
    parse_path,
    parse_sort,
)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ({}, AllOf(())),
        ({"a": 1}, Comparison(("a",), "$eq", 1)),
        ({"a.b.0": None}, Comparison(("a", "b", "0"), "$eq", None)),
        ({"a": {"$gt": 1.5}}, Comparison(("a",), "$gt", 1.5)),
        (
            {"a": {"$gte": "x", "$ne": True}},
            AllOf((Comparison(("a",), "$gte", "x"), Comparison(("a",), "$ne", True))),
        ),
        ({"a": {"$in": [1, "x"]}}, Among(("a",), (1, "x"), negated=False)),
        ({"a": {"$nin": []}}, Among(("a",), (), negated=True)),
        ({"a": {"$exists": False}}, Exists(("a",), expected=False)),
        (
            {"$or": [{"a": 1}, {"$and": [{"b": 2}]}]},
            AnyOf((Comparison(("a",), "$eq", 1), AllOf((Comparison(("b",), "$eq", 2),)))),
        ),
    ],
)
def test_trees(query: Any, tree: Any) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        (r"a\.b.c", ("a.b", "c")),
        ("$a.é.0", ("$a", "é", "0")),
        ("a b.'; drop table", ("a b", "'; drop table")),
    ],
)
def test_paths(path: str, keys: Any) -> None:
    assert parse_path(path) == keys


@pytest.mark.parametrize("path", [".", "a.", ".a", "a..b", 'a"b', "a\\b", "a\nb", "\0", "\ud800"])
def test_unsearchable_paths(path: str) -> None:
    with pytest.raises(QueryError, match="cannot be searched: its keys must not be empty"):
        parse({path: 1})


@pytest.mark.parametrize("path", ["", 3, None])
def test_paths_that_are_no_text(path: Any) -> None:
    with pytest.raises(QueryError, match=r"a path is dotted text like 'outputs\.x', not"):
        parse_path(path)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ([], r"a query is a dictionary like .*, not \[\]"),
        ({"a": {"$regex": "x"}}, r"unknown operator '\$regex' of 'a'; supported here: \$eq"),
        ({"a": {"$gte_": 1}}, r"unknown operator '\$gte_'.*did you mean \$gte\?"),
        ({"$where": "1"}, r"unknown operator '\$where'; supported here: \$and, \$or"),
        ({"$not": {}}, r"unknown operator '\$not'"),
        ({"a": {"b": 1}}, r"unknown operator 'b' of 'a'.*write the dotted path"),
        ({"a": {"$eq": 1, "b": 1}}, "unknown operator 'b'"),
        ({"a": {}}, "'a' has an empty condition"),
        ({"a": [1]}, r"\$eq of 'a' takes a number, a text, True, False or None, not \[1\]"),
        ({"a": {"$gt": None}}, r"\$gt of 'a' takes a number or a text, not None"),
        ({"a": {"$lt": True}}, r"\$lt of 'a' takes a number or a text, not True"),
        ({"a": math.nan}, r"\$eq of 'a' takes a finite number, not nan"),
        ({"a": {"$in": [math.inf]}}, r"\$in of 'a' takes a finite number, not inf"),
        ({"a": 2**63}, r"\$eq of 'a' takes an integer of 64 bits"),
        ({"a": "\0"}, "no NUL or surrogate can be searched for"),
        ({"a": "\ud800"}, "no NUL or surrogate can be searched for"),
        ({"a": {"$in": "abc"}}, r"\$in of 'a' takes a list of values, not 'abc'"),
        ({"a": {"$in": [[1]]}}, r"\$in of 'a' takes a number"),
        ({"a": {"$in": [1] * 1001}}, "1001 values in .in and .nin; ask with 1000 at"),
        ({"a": {"$exists": 1}}, r"\$exists of 'a' takes True or False, not 1"),
        ({"$or": []}, r"\$or takes a list of one or more queries, not \[\]"),
        ({"$and": {"a": 1}}, r"\$and takes a list of one or more queries"),
        ({"$and": [1]}, "a query is a dictionary like"),
        ({"a.1.2.3.4.5": 1}, "has more than 4 indices"),
        ({"a" + ".b" * 100: 1}, "has more than 100 keys"),
        (
            {"$or": [{f"k{i}": i} for i in range(501)]},
            "the query has 501 conditions; ask with 200 at",
        ),
    ],
)
def test_malformed_queries(query: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse(query)


def test_nesting_is_bounded() -> None:
    query: dict[str, Any] = {"a": 1}
    for _ in range(40):
        query = {"$and": [query]}
    with pytest.raises(QueryError, match="nests deeper than 32 levels"):
        parse(query)


def test_a_sort_by_many_paths_is_refused() -> None:
    with pytest.raises(QueryError, match="sort has 17 paths; give 16 at most"):
        parse_sort([(f"a{i}", 1) for i in range(17)])


@pytest.mark.parametrize("sort", [["a"], [("a", 2)], [("a",)], [("a", "desc")]])
def test_malformed_sort(sort: Any) -> None:
    with pytest.raises(QueryError, match=r"sort takes pairs like \('created', -1\)"):
        parse_sort(sort)
