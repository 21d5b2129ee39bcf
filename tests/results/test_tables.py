"""Selections as data frames."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lume_services import Result, Results
from lume_services.errors import PluginError

START = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))


def save(number: int, **outputs: Any) -> None:
    Result(
        project_name="lab",
        flow_id=f"{number}",
        inputs={"k1": number / 2},
        outputs=outputs,
        created=START + timedelta(hours=number),
    ).insert()


def column(*values: Any) -> pd.Series:
    """Return what becomes of values; an ellipsis is one that is missing."""
    for number, value in enumerate(values):
        save(number, **({} if value is ... else {"x": value}))
    frame = Results("lab").find(columns="outputs.x").to_dataframe()
    assert list(frame.columns) == ["outputs.x"]
    return frame["outputs.x"]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2], "int64", [1, 2]),
        ([1, ..., None], "Int64", [1, pd.NA, pd.NA]),
        ([1, 2.5, ...], "float64", [1.0, 2.5, np.nan]),
        ([np.float32(0.5), np.int8(3)], "float64", [0.5, 3.0]),
        ([float("nan"), float("inf")], "float64", [np.nan, np.inf]),
        ([True, False], "bool", [True, False]),
        ([True, ...], "boolean", [True, pd.NA]),
        (["a", ...], "str", ["a", np.nan]),
        ([START, ...], "datetime64[us, UTC]", [START, pd.NaT]),
        (
            [START, START.astimezone(BERLIN)],
            "datetime64[us, UTC]",
            [START] * 2,
        ),
        ([START.replace(tzinfo=None), ...], "datetime64[us]", [datetime(2026, 1, 1), pd.NaT]),
        ([1, "a", ...], "object", [1, "a", pd.NA]),
        ([True, 1], "object", [True, 1]),
        ([START, START.replace(tzinfo=None)], "object", [START, START.replace(tzinfo=None)]),
        ([2**70, 1], "object", [2**70, 1]),
        ([date(2026, 1, 1), ...], "object", [date(2026, 1, 1), pd.NA]),
        ([[1, 2], []], "object", [[1, 2], []]),
        ([..., None], "object", [pd.NA, pd.NA]),
        ([], "object", []),
    ],
    ids=str,
)
def test_types(values: list[Any], dtype: str, expected: list[Any]) -> None:
    found = column(*values)
    assert found.dtype == dtype
    pd.testing.assert_series_equal(found, pd.Series(expected, dtype=dtype, name="outputs.x"))


def test_arrays_are_objects() -> None:
    found = column(np.arange(3), np.eye(2), ...)
    assert found.dtype == "object"
    np.testing.assert_array_equal(found[1], np.eye(2))
    assert found[2] is pd.NA


def test_columns_stand_beside_what_is_near() -> None:
    save(0, b={"x": 1})
    save(1, a=2, b={"y": 3})
    frame = Results("lab").find().to_dataframe()
    assert [name for name in frame if "puts" in name] == [
        "inputs.k1",
        "outputs.b.x",
        "outputs.a",
        "outputs.b.y",
    ]
    assert str(frame["created"].dtype) == "datetime64[us, UTC]"
    assert list(frame["outputs.b.x"]) == [1, pd.NA]


def test_columns_are_those_asked_for() -> None:
    save(0, b={"x": 1}, c=5)
    frame = Results("lab").find(columns="outputs.none,outputs.b,inputs.k1,outputs").to_dataframe()
    assert list(frame.columns) == ["outputs.none", "outputs.b.x", "inputs.k1", "outputs.c"]
    assert frame.iloc[0, 1:].to_list() == [1, 0.0, 5]


def test_an_empty_selection_is_an_empty_frame() -> None:
    assert Results("lab").find().to_dataframe().empty


def test_a_frame_needs_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.delitem(sys.modules, "lume_services.results.finding.dataframe", raising=False)
    monkeypatch.delattr("lume_services.results.finding.dataframe", raising=False)
    with pytest.raises(PluginError, match=r"a data frame needs pandas, .*services\[pandas\]'"):
        Results().find().to_dataframe()
