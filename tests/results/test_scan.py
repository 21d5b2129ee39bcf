"""Scans over parameters as grids."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lume_services import Result, Results
from lume_services.errors import InputError, PluginError

START = datetime(2026, 1, 1, tzinfo=UTC)


def save(number: int, inputs: dict[str, Any], **outputs: Any) -> str:
    made = Result(project_name="scan", flow_id=f"{number}", inputs=inputs, outputs=outputs)
    return made.insert()["unique_hash"]


def scan(*, without: int | None = None) -> None:
    for number in range(6):
        k1, gun = [0.5, 1.0, 1.5][number // 2], "ab"[number % 2]
        if number != without:
            inputs = {"k1": k1, "gun": gun, "units": {"k1": "1/m^2"}}
            save(
                number,
                inputs,
                size=k1 * 2,
                count=number,
                ok=number > 2,
                label=f"no {number}",
                at=START + timedelta(hours=number),
                beam={"xs": np.full((2, 3), number, "float32")},
                units={"size": "m"},
            )


def test_a_whole_scan() -> None:
    scan()
    found = Results("scan").find(sort="-outputs.count").to_xarray(["inputs.k1", "inputs.gun"])
    assert dict(found.sizes) == {"k1": 3, "gun": 2, "xs_0": 2, "xs_1": 3}
    np.testing.assert_array_equal(found.k1, [0.5, 1.0, 1.5])
    assert list(found.gun.values) == ["a", "b"]
    assert found.k1.attrs == {"path": "inputs.k1", "units": "1/m^2"}
    assert found["size"].attrs == {"path": "outputs.size", "units": "m"}
    assert set(found.data_vars) == {"size", "count", "ok", "label", "at", "xs"}
    np.testing.assert_array_equal(found["size"], [[1, 1], [2, 2], [3, 3]])
    np.testing.assert_array_equal(found["count"], [[0, 1], [2, 3], [4, 5]])
    assert {name: found[name].dtype.kind for name in found.data_vars} == {
        "size": "f",
        "count": "i",
        "ok": "b",
        "label": "O",
        "at": "M",
        "xs": "f",
    }
    assert found.label.sel(k1=1.0, gun="b").item() == "no 3"
    assert found["at"].sel(k1=0.5, gun="b").values == np.datetime64("2026-01-01T01:00")
    np.testing.assert_array_equal(found.xs.sel(k1=1.5, gun="a"), np.full((2, 3), 4))
    assert found.xs.dtype == "float32"


def test_what_is_missing_is_nan() -> None:
    scan(without=3)
    save(9, {"k1": 2.0, "gun": "a"}, size=None)
    found = Results("scan").find().to_xarray(["inputs.k1", "inputs.gun"])
    assert dict(found.sizes) == {"k1": 4, "gun": 2, "xs_0": 2, "xs_1": 3}
    np.testing.assert_array_equal(found["count"], [[0, 1], [2, np.nan], [4, 5], [np.nan] * 2])
    np.testing.assert_array_equal(found["ok"].sel(k1=1.5), [1, 1])
    assert np.isnan(found.xs.sel(k1=1.0, gun="b")).all()
    assert np.isnat(found["at"].sel(k1=1.0, gun="b"))
    assert np.isnan(found.label.sel(k1=1.0, gun="b").item())
    assert np.isnan(found["size"].sel(k1=2.0)).all()


def test_columns_are_the_variables() -> None:
    scan()
    selection = Results("scan").find("inputs.gun == 'a'", columns="outputs.size,inputs.gun")
    found = selection.to_xarray(["inputs.k1"])
    assert list(found.data_vars) == ["size", "gun"]
    xr.testing.assert_identical(
        found["size"],
        xr.DataArray(
            [1.0, 2.0, 3.0],
            {"k1": ("k1", [0.5, 1.0, 1.5], {"path": "inputs.k1", "units": "1/m^2"})},
            name="size",
            attrs={"path": "outputs.size", "units": "m"},
        ),
    )


def test_lists_of_numbers_are_arrays_and_others_are_objects() -> None:
    save(0, {"x": 0}, xs=[1, 2.5], other=["a", 1])
    save(1, {"x": 1}, xs=[3, 4], other=["b", 2])
    found = Results("scan").find().to_xarray(["inputs.x"])
    np.testing.assert_array_equal(found.xs, [[1, 2.5], [3, 4]])
    assert found.other.dims == ("x",)
    assert found.other.values[1] == ["b", 2]


def test_equal_names_are_whole_paths() -> None:
    save(0, {"x": 1}, x=2)
    found = Results("scan").find().to_xarray(["inputs.x"])
    assert (list(found.dims), list(found.data_vars)) == (["inputs.x"], ["outputs.x"])


def test_the_time_may_be_a_dimension() -> None:
    scan()
    assert Results("scan").find(columns="outputs.size").to_xarray(["time"]).sizes == {"created": 6}


def test_no_results_make_an_empty_grid() -> None:
    assert Results("scan").find().to_xarray(["inputs.x"]).sizes == {"x": 0}


def test_two_results_of_one_point_are_refused() -> None:
    scan()
    hashes = [result.unique_rep()["unique_hash"] for result in Results("scan").find(limit=2)]
    with pytest.raises(
        InputError,
        match=f"2 results have inputs.k1 = 0.5, such as {hashes[0]} and {hashes[1]}; narr",
    ):
        Results("scan").find().to_xarray(["inputs.k1"])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, r"has nothing at inputs.x, .* by exists\(inputs.x\)"),
        ({"x": [1]}, "has a list at inputs.x, and a number, a text or a time is expected"),
        ({"x": float("nan")}, "has a float at inputs.x"),
        ({"x": "a"}, "the values at inputs.x are of different types and have no order"),
    ],
)
def test_what_is_no_parameter(inputs: dict[str, Any], message: str) -> None:
    save(0, {"x": 1}, y=1)
    save(1, inputs, y=1)
    with pytest.raises(InputError, match=message):
        Results("scan").find().to_xarray(["inputs.x"])


def test_arrays_of_different_shapes_are_refused() -> None:
    save(0, {"x": 0}, xs=np.zeros(3))
    save(1, {"x": 1}, xs=np.zeros(4))
    with pytest.raises(InputError, match=r"arrays at outputs.xs have different shapes, \(\d,\)"):
        Results("scan").find().to_xarray(["inputs.x"])


def test_points_that_are_no_grid_are_refused() -> None:
    from lume_services.results.finding.scan import dataset

    rows = [{"a": n, "b": n, "id": str(n)} for n in range(2000)]
    with pytest.raises(InputError, match="2000 results are no grid of 2000 x 2000 places: a, b"):
        dataset(rows, ["a", "b"], "id")


@pytest.mark.parametrize("dims", ["inputs.x", []])
def test_dims_are_a_list(dims: Any) -> None:
    with pytest.raises(InputError, match="dims is a list of paths such as"):
        Results("scan").find().to_xarray(dims)


def test_a_grid_needs_xarray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    monkeypatch.delitem(sys.modules, "lume_services.results.finding.scan", raising=False)
    monkeypatch.delattr("lume_services.results.finding.scan", raising=False)
    with pytest.raises(PluginError, match=r"needs xarray, .* 'lume-services\[xarray\]'"):
        Results().find().to_xarray(["inputs.x"])
