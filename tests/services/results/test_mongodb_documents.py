"""Documents and queries as MongoDB gets them, without a server."""

from __future__ import annotations

import json
import operator
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_model import MISSING, at, document, matches
from results_strategies import paths, queries, values

from lume_services.errors import InputError
from lume_services.services.results.mongodb_fields import (
    MAX_DEPTH,
    field,
    from_fields,
    to_fields,
    value_at,
)
from lume_services.services.results.mongodb_filter import condition, indexes, order, shown
from lume_services.services.results.query import parse, parse_path, parse_sort

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
            | st.sampled_from(["", "_id", "@lume", "value", "0", "07", "%", "%30", "a/", "/order"]),
            inner,
        )
    ),
    max_leaves=20,
)


def through_bson(entry: dict[str, Any]) -> dict[str, Any]:
    return bson.decode(bson.encode(to_fields(entry)))


@given(st.dictionaries(st.sampled_from(["x", "_id", "", "$y", "links"]), _json))
def test_documents_come_back_exactly(entries: dict[str, Any]) -> None:
    entry = document(**entries)
    assert json.dumps(from_fields(through_bson(entry))) == json.dumps(entry)


def test_fields() -> None:
    entry = {"unique_hash": "h", "k": 1.5, "xs": ["a"], "t": {"@lume": "uuid", "value": "u"}}
    assert to_fields({**entry, "a.b": {"$c": {}}, "_id": 1, "": [[]]}) == {
        "_id": "h",
        "unique_hash": "h",
        "k": 1.5,
        "xs": b"",
        "xs/": {"%30": "a"},
        "t": "u",
        "t/": {"@lume": "uuid", "value": "u"},
        "a%2Eb": {},
        "a%2Eb/": {"%24c": {}},
        "%5Fid": 1,
        "%": b"",
        "%/": {"%30": b""},
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("outputs.x", "outputs/.x"),
        ("xs.0.10", "xs/.%30/.%310"),
        (r"a\.b.$c", "a%2Eb/.%24c"),
        ("_id.a/b.%", "%5Fid/.a%2Fb/.%25"),
    ],
)
def test_names_of_fields(path: str, name: str) -> None:
    assert field(parse_path(path)) == name


def test_deep_documents_are_refused() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    with pytest.raises(InputError, match=f"nests deeper than {MAX_DEPTH} levels"):
        to_fields(document(x=deep))
    assert from_fields(through_bson(document(x=deep[0]))) == document(x=deep[0])


@given(values, paths)
def test_values_at_paths(x: Any, path: str) -> None:
    expected = at(document(x=x), parse_path(path))
    found = list(value_at(parse_path(path), through_bson(document(x=x))))
    assert json.dumps(found) == json.dumps([] if expected is MISSING else [expected])


@given(values, queries)
def test_filters_mean_what_queries_mean(x: Any, query: dict[str, Any]) -> None:
    tree = parse(query)
    found = _matches(condition(tree), through_bson(document(x=x)))
    assert found is matches(tree, document(x=x))


def test_sorts_and_projections() -> None:
    assert order([]) == [("/order", 1)]
    assert order(parse_sort([("a.b", 1), ("unique_hash", -1), ("a.b", -1)])) == [
        ("a/.b", 1),
        ("_id", -1),
        ("/reversed", -1),
    ]
    assert indexes(("a",)) == {
        "rising ": [("a", 1), ("/order", 1)],
        "falling ": [("a", 1), ("/reversed", 1)],
    }
    assert shown([("a",), ("a", "b"), ("c", "0")]) == dict.fromkeys(
        ["/order", "_id", "a", "a/", "c/.%30", "c/.%30/"], 1
    )


_COMPARE = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}


def _matches(filter_: dict[str, Any], fields: dict[str, Any]) -> bool:
    """Do what MongoDB's manual says of a filter, as far as there are no arrays."""
    for name, wanted in filter_.items():
        if name == "$and":
            found = all(_matches(part, fields) for part in wanted)
        elif name == "$or":
            found = any(_matches(part, fields) for part in wanted)
        else:
            ((operator_, operand),) = wanted.items()
            found = _compares(operator_, _at(fields, name), operand)
        if not found:
            return False
    return True


def _at(fields: Any, name: str) -> Any:
    for key in name.split("."):
        if not isinstance(fields, dict) or key not in fields:
            return MISSING
        fields = fields[key]
    return fields


def _compares(name: str, found: Any, operand: Any) -> bool:
    match name:
        case "$exists":
            return (found is not MISSING) is operand
        case "$eq":
            return _equal(found, operand)
        case "$ne":
            return not _equal(found, operand)
        case "$in":
            return any(_equal(found, one) for one in operand)
        case "$nin":
            return not any(_equal(found, one) for one in operand)
    return _kind(found) == _kind(operand) and bool(_COMPARE[name](found, operand))


def _equal(found: Any, operand: Any) -> bool:
    if operand is None:
        return found is None or found is MISSING
    return _kind(found) == _kind(operand) and bool(found == operand)


def _kind(value: Any) -> type:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float
    return type(value)
