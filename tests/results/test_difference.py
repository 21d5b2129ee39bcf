"""What differs between two results."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from lume_services.results import Result
from lume_services.results.difference import Change, Difference, Elements, arrays, diff
from lume_services.results.origin.provenance import Provenance


def result(flow_id: str = "1", **fields: Any) -> Result:
    given = {"project_name": "p", "flow_id": flow_id, "inputs": {}, "outputs": {}, **fields}
    return Result(**given)


def outputs(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    found = diff(result(outputs=before), result("2", outputs=after))
    assert not found.inputs
    assert found.same_contents == (not found.outputs)
    return list(found.outputs)


def test_equal_results_differ_in_nothing() -> None:
    values = {
        "x": [1.0, float("nan")],
        "array": np.array([np.nan, 1]),
        "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "frame": pd.DataFrame({"a": [1.0, np.nan]}),
        "nested": {"t": (1, b"x", None, {2})},
    }
    assert outputs(values, dict(values)) == []
    first = result(inputs=values)
    assert diff(first, result("2", inputs=values)) == Difference((), (), ())


def test_numbers_have_a_relative_difference() -> None:
    changes = outputs({"beam": {"x": 1.0, "y": 2}}, {"beam": {"x": 1.5, "y": 2}})
    assert changes == [Change("outputs.beam.x", "changed", 1.0, 1.5, relative=pytest.approx(1 / 3))]
    (change,) = outputs({"x": 0.0}, {"x": np.float64(0.0)})
    assert change.relative == 0.0
    assert [c.relative for c in outputs({"x": True, "s": "a"}, {"x": False, "s": "b"})] == [
        None
    ] * 2


def test_added_removed_and_nested() -> None:
    before = {"gone": 1, "list": [{"a": 1}, 2], "odd key!": 1}
    after = {"list": [{"a": 2}, 2, 3], "odd key!": 2, "new": None}
    assert [(c.path, c.kind, c.before, c.after) for c in outputs(before, after)] == [
        ("outputs.gone", "removed", 1, None),
        ("outputs.list[0].a", "changed", 1, 2),
        ("outputs.list[2]", "added", None, 3),
        ("outputs['odd key!']", "changed", 1, 2),
        ("outputs.new", "added", None, None),
    ]


def test_arrays_by_count_largest_and_norm() -> None:
    before = np.arange(1000.0).reshape(10, 100)
    after = before.copy()
    after[3, 4] += 3
    after[9, 99] -= 4
    (change,) = outputs({"a": before}, {"a": after})
    assert change.path == "outputs.a"
    assert change.elements == Elements(
        2, 1000, 4.0, pytest.approx(5.0), pytest.approx(np.linalg.norm(before))
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (np.zeros(3), np.zeros(4), None),
        (np.zeros(3), np.zeros(3, np.float32), Elements(0, 3, 0.0, 0.0, 0.0)),
        (np.array([0, 255], np.uint8), np.array([1, 0], np.uint8), (2, 2, 255.0)),
        (np.array([2**63 - 1]), np.array([-(2**63)]), (1, 1, 2.0**64)),
        (np.array([1e200]), np.array([-1e200]), (1, 1, 2e200)),
        (np.array([1 + 1j]), np.array([1 - 1j]), (1, 1, 2.0)),
        (np.array([np.nan, 1.0]), np.array([0.0, 2.0]), (2, 2, 1.0)),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.5]), (1, 2, 0.5)),
        (np.array(["a", "b"]), np.array(["a", "c"]), Elements(1, 2)),
        (np.array([True, False]), np.array([True, True]), Elements(1, 2)),
        (np.array(["NaT"], "M8[s]"), np.array(["2026-01-01"], "M8[s]"), Elements(1, 1)),
        (np.array(1.0), np.array(2.0), (1, 1, 1.0)),
        (np.zeros(2, "f8,i4"), np.ones(2, "f8,i4"), Elements(2, 2)),
    ],
)
def test_arrays_of_all_kinds(before: Any, after: Any, expected: Any) -> None:
    (change,) = outputs({"a": before}, {"a": after})
    found = change.elements
    if isinstance(expected, tuple):
        assert found is not None
        assert (found.count, found.size, found.largest) == expected
    else:
        assert found == expected


def test_long_lists_of_numbers_are_compared_as_arrays() -> None:
    (change,) = outputs({"a": [0.0] * 1000}, {"a": [0.0] * 999 + [1.0]})
    assert change.elements == Elements(1, 1000, 1.0, 1.0, 0.0)


def test_tables_are_compared_by_column() -> None:
    before = pd.DataFrame({"x": [1.0, 2.0], "y": [1, 2]}, index=[5, 6])
    after = pd.DataFrame({"x": [1.0, 3.0], "z": [1, 2]}, index=[5, 6])
    found = outputs({"t": before, "s": before["x"]}, {"t": after, "s": after["x"]})
    assert [(change.path, change.kind) for change in found] == [
        ("outputs.t.x", "changed"),
        ("outputs.t.y", "removed"),
        ("outputs.t.z", "added"),
        ("outputs.s.values", "changed"),
    ]


def test_large_arrays_are_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_BLOCK", 64)
    before = np.arange(101.0)
    after = before.copy()
    after[::10] += 1
    assert arrays.compare(before, after) == Elements(
        11, 101, 1.0, pytest.approx(np.sqrt(11)), pytest.approx(np.linalg.norm(before))
    )


@given(
    npst.arrays(np.float64, npst.array_shapes(max_side=6), elements=st.floats(width=32)),
    st.integers(1, 64),
)
def test_comparing_is_the_same_for_any_block(array: Any, block: int) -> None:
    other = np.where(array > 1, array / 2, array)
    whole = arrays.compare(array, other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_BLOCK", block)
        parts = arrays.compare(array, other)
        assert arrays.same(array, array.copy())
    assert whole
    assert parts
    assert (whole.count, whole.largest) == (parts.count, parts.largest)
    assert whole.norm == pytest.approx(parts.norm)


def test_what_made_them() -> None:
    parent = result("p").insert()
    first = result(version="1", provenance=Provenance(commit="a", parameters={"k": 1, "l": 2}))
    second = result(
        "2",
        version="2",
        parents=(parent,),
        provenance=Provenance(commit="b", parameters={"k": 1, "l": 3}, python="3"),
    )
    found = diff(first, second)
    assert found.same_contents
    assert {change.path: (change.before, change.after) for change in found.provenance} == {
        "version": ("1", "2"),
        "commit": ("a", "b"),
        "parameters.l": (2, 3),
        "python": (None, "3"),
        f"parents['result:{parent['unique_hash']}']": (None, parent),
    }


class Scan(Result):
    energy: float


def test_fields_of_subclasses_are_outputs() -> None:
    first = Scan(project_name="p", flow_id="1", inputs={}, outputs={}, energy=1.0)
    second = Scan(project_name="p", flow_id="2", inputs={}, outputs={}, energy=2.0)
    assert [change.path for change in diff(first, second).outputs] == ["energy"]
    assert [change.path for change in diff(first, result()).outputs] == ["energy"]
