"""Picking parts of values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lume_services.errors import InputError
from lume_services.tasks.attributes import pick


class Document(BaseModel):
    outputs: dict[str, Any] = {}

    def method(self) -> None: ...


@dataclass
class Point:
    x: float
    _hidden: int = 0


def test_an_empty_index_picks_the_whole() -> None:
    value = {"a": 1}
    assert pick(value, []) is value


@pytest.mark.parametrize(
    ("value", "index", "expected"),
    [
        ({"a": {"b": 7}}, ["a", "b"], 7),
        ({1: "one"}, [1], "one"),
        ([10, 20, 30], [-1], 30),
        ((4, 5), [0], 4),
        (np.arange(6).reshape(2, 3), [1, 2], 5),
        (Document(outputs={"sizes": [1.0, 2.0]}), ["outputs", "sizes", 1], 2.0),
        (Point(2.5), ["x"], 2.5),
        ({"zero": 0, "empty": ""}, ["empty"], ""),
    ],
)
def test_steps_are_followed(value: object, index: list[str | int], expected: object) -> None:
    assert pick(value, index) == expected


@pytest.mark.parametrize(
    ("value", "index", "message"),
    [
        ({"a": 1, "b": 2}, ["c"], "no 'c' at the top, which is a mapping with 'a', 'b'."),
        ({"a": {}}, ["a", "b"], "no 'b' at ['a'], which is a mapping with nothing in it."),
        ({"a": [1, 2]}, ["a", 2], "no 2 at ['a'], which is list of length 2."),
        ({"a": [1, 2]}, ["a", "x"], "no 'x' at ['a'], which is list."),
        (Document(), ["output"], "no 'output' at the top, which is Document with 'outputs'."),
        (Document(), ["method"], "no 'method' at the top, which is Document with 'outputs'."),
        (Point(1.0), ["_hidden"], "no '_hidden' at the top, which is Point with 'x'."),
        (Point(1.0), ["__class__"], "no '__class__' at the top, which is Point with 'x'."),
        ("text", [0], "no 0 at the top, which is str."),
        (3.5, [0], "no 0 at the top, which is float."),
        (np.zeros(3), [3], "no 3 at the top, which is ndarray of length 3."),
    ],
)
def test_a_step_that_leads_nowhere_says_what_was_there(
    value: object, index: list[str | int], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(f"attribute_index {index!r}: {message}")):
        pick(value, index)


def test_many_names_are_not_all_shown() -> None:
    with pytest.raises(InputError, match=r"'k11', \.\.\.\.$"):
        pick({f"k{number}": number for number in range(1000)}, ["x"])


def test_one_name_is_not_taken_for_a_list() -> None:
    with pytest.raises(InputError, match=r"attribute_index is 'outputs'; give a list"):
        pick({"o": 1}, "outputs")


@given(st.recursive(st.integers(), lambda leaf: st.lists(leaf) | st.dictionaries(st.text(), leaf)))
def test_every_part_is_reached_by_its_path(value: Any) -> None:
    def check(part: Any, path: list[str | int]) -> None:
        assert pick(value, path) is part
        if isinstance(part, dict):
            for key, child in part.items():
                check(child, [*path, key])
        elif isinstance(part, list):
            for number, child in enumerate(part):
                check(child, [*path, number])

    check(value, [])
