"""Which JSON schemas exclude each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from lume_services.services.scheduling.compatibility import at_index, clash


class Point(BaseModel):
    x: float
    tags: list[str] = []


def schema(annotation: Any) -> dict[str, Any]:
    return TypeAdapter(annotation).json_schema(mode="serialization")


@pytest.mark.parametrize(
    ("given_type", "wanted_type", "words"),
    [
        (int, str, ("integer", "string")),
        (str, float, ("string", "number")),
        (dict, str, ("object", "string")),
        (Point, list, ("object", "array")),
        (None, str, ("null", "string")),
        (int | None, str, ("integer or null", "string")),
        (list[int], list[str], ("array of integer", "array of string")),
        (
            list[list[int]],
            list[list[str]],
            ("array of array of integer", "array of array of string"),
        ),
        (str, Point, ("string", "object")),
    ],
)
def test_certain_clashes(given_type: Any, wanted_type: Any, words: tuple[str, str]):
    assert clash(schema(given_type), schema(wanted_type)) == words


@pytest.mark.parametrize(
    ("given_type", "wanted_type"),
    [
        (int, float),
        (float, int),
        (bool, int),
        (Any, str),
        (str, Any),
        (str | None, str),
        (Point, dict),
        (dict, Point),
        (list, list[str]),
        (tuple[int, int], list[int]),
        (int | str, str | dict),
    ],
)
def test_what_can_agree(given_type: Any, wanted_type: Any):
    assert clash(schema(given_type), schema(wanted_type)) is None


def test_a_part_of_a_value():
    point = schema(dict[str, int] | Point)
    assert at_index(schema(Point), ["x"])["type"] == "number"
    assert at_index(schema(Point), ["tags", 0])["type"] == "string"
    assert at_index(schema(list[Point]), [1, "x"])["type"] == "number"
    assert "type" not in at_index(schema(Point), ["other", "deeper", 3])
    assert "type" not in at_index(point, ["x"])


def test_a_reference_that_leads_nowhere_leaves_everything_open():
    assert clash({"$ref": "#/definitions/None"}, {"type": "string"}) is None
    assert clash({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, {}) is None


def test_a_type_made_of_itself_leaves_everything_open():
    array = {"$ref": "#/$defs/L", "$defs": {"L": {"type": "array", "items": {"$ref": "#/$defs/L"}}}}
    union = {"$ref": "#/$defs/U", "$defs": {"U": {"anyOf": [{"$ref": "#/$defs/U"}]}}}
    assert clash(array, array) is None
    assert clash(union, {"type": "string"}) is None


def test_true_is_a_schema_that_leaves_everything_open():
    anything: Any = {"anyOf": [True]}
    assert clash(anything, {"type": "string"}) is None
    assert clash({"type": "array", "items": True}, schema(list[str])) is None


types = st.sampled_from(["null", "boolean", "integer", "number", "string", "object", "array"])


@given(types, st.sets(types))
def test_a_type_never_clashes_with_itself_among_others(one: str, others: set[str]):
    wanted = {"anyOf": [{"type": other} for other in sorted({one, *others})]}
    assert clash({"type": one}, wanted) is None
    assert clash(wanted, {"type": one}) is None
