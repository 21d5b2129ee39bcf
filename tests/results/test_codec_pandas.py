"""pandas values, each with the type, names, order and zone that it had."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal

from lume_services.errors import NotSerializableError
from lume_services.results.codec import canonical, comparable, decode, encode


def back(value: Any) -> Any:
    return decode(json.loads(canonical(encode(value))))


SERIES = [
    pd.Series([1.0, np.nan]),
    pd.Series([], dtype=float),
    pd.Series([1], name="x", index=["q"]),
    pd.Series([1], name=("a", 1)),
    pd.Series(["a", None, "c"]),
    pd.Series(["a", None], dtype="string"),
    pd.Series([1, "a", [1, 2], {"k": None}], dtype=object),
    pd.Series([2**60, None], dtype="Int64"),
    pd.Series([1.5, None], dtype="Float32"),
    pd.Series([True, None, False], dtype="boolean"),
    pd.Series(["a", "b", "a", None], dtype="category"),
    pd.Series(pd.Categorical([2, 1], categories=[2, 1], ordered=True)),
    pd.Series(pd.to_datetime(["2024-01-01", None])),
    pd.Series(pd.to_datetime(["2024-10-27T00:30Z", "2024-10-27T01:30Z"])).dt.tz_convert(
        "Europe/Berlin"
    ),
    pd.Series(pd.to_datetime(["2024-01-01"])).dt.tz_localize(timezone(timedelta(hours=2))),
    pd.Series(pd.to_timedelta([1, None], unit="s")),
    pd.Series([1 + 2j]),
]
INDEXES = [
    pd.Index([3, 1], name="i"),
    pd.Index(["a", "b"]),
    pd.Index([1, "a"], dtype=object),
    pd.Index([], dtype=float),
    pd.RangeIndex(1, 9, 2, name="r"),
    pd.date_range("2024-01-01", periods=3, freq="h"),
    pd.date_range("2024-03-30", periods=3, freq="D", tz="Europe/Berlin"),
    pd.DatetimeIndex(["2024-01-01", "NaT"]),
    pd.to_timedelta([1, 2], unit="s"),
    pd.CategoricalIndex(["a", "b", "a"], ordered=True),
    pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", None]),
]
FRAMES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])}),
    pd.DataFrame(),
    pd.DataFrame(index=[1, 2]),
    pd.DataFrame(columns=["a"]),
    pd.DataFrame(np.eye(2), columns=["a", "a"]),
    pd.DataFrame({1: [1], ("a", 2): [2]}),
    pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_product([["a"], ["b", "c"]])),
    pd.DataFrame({"o": pd.Series([1, {"a": (1,)}], dtype=object)}, index=["x", "y"]),
    pd.DataFrame({"t": pd.date_range("2024", periods=2, tz="UTC")}).set_index("t"),
]


@pytest.mark.parametrize("value", SERIES, ids=lambda value: str(value.dtype))
def test_series(value: pd.Series) -> None:
    assert_series_equal(back(value), value)


@pytest.mark.parametrize("value", INDEXES, ids=lambda value: type(value).__name__)
def test_index(value: pd.Index) -> None:
    loaded = back(value)
    assert type(loaded) is type(value)
    assert_index_equal(loaded, value, exact=True)
    assert getattr(loaded, "freq", None) == getattr(value, "freq", None)


@pytest.mark.parametrize("value", FRAMES, ids=range(len(FRAMES)))
def test_frame(value: pd.DataFrame) -> None:
    assert_frame_equal(back(value), value, check_column_type=True, check_index_type=True)


@pytest.mark.parametrize(
    ("value", "compared"),
    [
        (pd.Timestamp("2024-01-02"), "2024-01-02T00:00:00.000000"),
        (pd.Timestamp("2024-07-01 10:00", tz="Europe/Berlin"), "2024-07-01T08:00:00.000000Z"),
        (pd.Timestamp(1704067200123456789), "2024-01-01T00:00:00.123456"),
        (pd.Timedelta("3h"), 10800.0),
    ],
)
def test_scalars(value: Any, compared: Any) -> None:
    loaded = back(value)
    assert (type(loaded), loaded, loaded.unit) == (type(value), value, value.unit)
    assert getattr(loaded, "tzinfo", None) == getattr(value, "tzinfo", None)
    assert comparable(value) == compared


def test_missing_values_stay_themselves() -> None:
    assert back(pd.NaT) is pd.NaT
    assert back(pd.NA) is pd.NA


def test_a_year_that_datetime_does_not_have() -> None:
    value = pd.Timestamp(np.datetime64("12000-01-01", "s"))
    assert "value" not in encode(value)
    assert back(value) == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            pd.Series(pd.period_range("2024", periods=2, freq="D")),
            r"x has the pandas type period\[D\]",
        ),
        (pd.period_range("2024", periods=2, freq="D"), "x is a pandas PeriodIndex"),
        (pd.DataFrame({"c": pd.arrays.SparseArray([1, 0])}), r"x\.c has the pandas type Sparse"),
        (pd.DataFrame({"c": [object()]}), r"x\.c\[0\] is a builtins\.object"),
        (pd.Period("2024"), r"x is a pandas\.Period"),
    ],
)
def test_refused_with_path(value: Any, reason: str) -> None:
    with pytest.raises(NotSerializableError, match=rf"^outputs\.{reason}.*convert it"):
        encode({"x": value}, "outputs")
