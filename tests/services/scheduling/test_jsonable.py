"""What is JSON as it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.services.scheduling.jsonable import find_problem

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_has_no_problem(value: Any) -> None:
    assert find_problem(value) is None
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "set"),
        ({"a": [1, {"b": b"x"}]}, "bytes at a[1].b"),
        (float("nan"), "the number nan"),
        ([float("-inf")], "the number -inf at [0]"),
        ({"x": {1: 2}}, "a dictionary key of type int at x"),
        (np.zeros(2), "numpy.ndarray"),
        (Path("a"), f"{type(Path('a')).__module__}.{type(Path('a')).__name__}"),
    ],
)
def test_the_first_problem_is_named(value: Any, message: str) -> None:
    assert str(find_problem(value)) == message
