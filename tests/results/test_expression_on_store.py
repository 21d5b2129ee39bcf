"""Any expression finds on a store what Python's own logic finds in the documents."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lume_services.results.finding.expression import compile_expression
from lume_services.services.results.sql import SQLResultsDB

# An expression: its text, what it is of a document, and the text and meaning of its opposite.
Truth = Callable[[dict[str, Any]], bool]
MISSING = object()
FORMS = ["==", "!=", "order", "mirrored", "chain", "in", "not in", "exists"]
ORDERS: dict[str, Any] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

numbers = st.integers(-3, 3) | st.sampled_from([-1.5, 0.5, 1e-9, 2.0, 1e300])
texts = st.sampled_from(["", "a", "b", "é", "Z", "2026-01-01", "it's"])
scalars = numbers | texts | st.booleans() | st.none()


def keyed(items: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["x", "lambda", "a b", "c.d"]), items, max_size=3)


values = st.recursive(scalars, lambda v: st.lists(v, max_size=2) | keyed(v), max_leaves=4)


PATHS = {
    "inputs.x": ["inputs", "x"],
    "inputs.lambda": ["inputs", "lambda"],
    "inputs['a b']": ["inputs", "a b"],
    'inputs["c.d"].x': ["inputs", "c.d", "x"],
    "inputs.x[1]": ["inputs", "x", 1],
    "inputs.x.lambda[0]": ["inputs", "x", "lambda", 0],
}


def at(document: Any, path: list[Any]) -> Any:
    for key in path:
        if isinstance(key, int):
            if not (isinstance(document, list) and key < len(document)):
                return MISSING
        elif not (isinstance(document, dict) and key in document):
            return MISSING
        document = document[key]
    return document


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "nothing" if value in (None, MISSING) else "other"


def equal(found: Any, value: Any) -> bool:
    same = kind(found) == kind(value)
    return same and (kind(value) == "nothing" or found == value)


def ordered(found: Any, sign: str, value: Any) -> bool:
    return kind(found) == kind(value) and bool(ORDERS[sign](found, value))


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, Truth]:
    text = draw(st.sampled_from(list(PATHS)))
    path, value = PATHS[text], draw(scalars)
    form = draw(
        st.sampled_from(["==", "!=", "order", "mirrored", "chain", "in", "not in", "exists"])
    )
    if form == "==":
        return f"{text} == {value!r}", lambda d: equal(at(d, path), value)
    if form == "!=":
        return f"{value!r} != {text}", lambda d: not equal(at(d, path), value)
    if form == "exists":
        return f"exists({text})", lambda d: at(d, path) is not MISSING
    if form in ("in", "not in"):
        some = draw(st.lists(scalars, max_size=3))
        negated = form == "not in"
        return (
            f"{text} {form} {some!r}",
            lambda d: any(equal(at(d, path), one) for one in some) is not negated,
        )
    low, high = draw(numbers | texts), draw(numbers | texts)
    sign, other = draw(st.sampled_from(list(ORDERS))), draw(st.sampled_from(list(ORDERS)))
    if form == "order":
        return f"{text} {sign} {low!r}", lambda d: ordered(at(d, path), sign, low)
    mirror = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
    if form == "mirrored":
        return f"{low!r} {sign} {text}", lambda d: ordered(at(d, path), mirror[sign], low)
    return (
        f"{low!r} {sign} {text} {other} {high!r}",
        lambda d: ordered(at(d, path), mirror[sign], low) and ordered(at(d, path), other, high),
    )


def combined(
    parts: st.SearchStrategy[tuple[str, Truth]],
) -> st.SearchStrategy[tuple[str, Truth]]:
    def both(pair: tuple[tuple[str, Truth], tuple[str, Truth]]) -> tuple[str, Truth]:
        (left, one), (right, two) = pair
        return f"({left}) and ({right})", lambda d: one(d) and two(d)

    def either(pair: tuple[tuple[str, Truth], tuple[str, Truth]]) -> tuple[str, Truth]:
        (left, one), (right, two) = pair
        return f"({left}) or ({right})", lambda d: one(d) or two(d)

    def opposite(part: tuple[str, Truth]) -> tuple[str, Truth]:
        text, truth = part
        return f"not ({text})", lambda d: not truth(d)

    pairs = st.tuples(parts, parts)
    return pairs.map(both) | pairs.map(either) | parts.filter(has_opposite).map(opposite)


def has_opposite(part: tuple[str, Truth]) -> bool:
    return not any(sign in part[0] for sign in "<>")


expressions = st.recursive(comparisons(), combined, max_leaves=5)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLResultsDB]:
    store = SQLResultsDB(f"sqlite:///{tmp_path_factory.mktemp('store') / 'results.sqlite'}")
    yield store
    store.close()


@settings(max_examples=100)
@given(
    documents=st.lists(keyed(values), max_size=4),
    wanted=st.lists(expressions, min_size=1, max_size=6),
)
def test_an_expression_finds_what_python_finds(
    db: SQLResultsDB, documents: list[dict[str, Any]], wanted: list[tuple[str, Truth]]
) -> None:
    saved = [
        {
            "unique_hash": f"h{number}",
            "content_hash": "c",
            "project_name": "test",
            "flow_id": f"r{number}",
            "inputs": inputs,
        }
        for number, inputs in enumerate(documents)
    ]
    db.delete({})
    db.insert_many(saved)
    for text, truth in wanted:
        found = [document["flow_id"] for document in db.find(compile_expression(text))]
        assert found == [one["flow_id"] for one in saved if truth(one)], text
