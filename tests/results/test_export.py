"""Files of results: their types, and that they are whole or not there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from lume_services import Result, Results, config
from lume_services.errors import InputError
from lume_services.results.codec import encode
from lume_services.results.finding.parquet import Kinds

START = datetime(2026, 1, 1, tzinfo=UTC)


def save(number: int, **outputs: Any) -> None:
    Result(project_name="lab", flow_id=f"{number}", inputs={}, outputs=outputs).insert()


def kept(*values: Any) -> tuple[pa.Table, tuple[str, ...]]:
    """Return what Parquet keeps of values, and its columns of JSON text."""
    rows = [{"x": encode(value)} for value in values]
    kinds = Kinds()
    for row in rows:
        kinds.see(row)
    mixed = kinds.write(Path("x.parquet"), ["x"], [json.dumps(row) for row in rows])
    return parquet.read_table("x.parquet"), mixed


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None, np.int16(2)], pa.int64(), [1, None, 2]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([math.inf, 1.0], pa.float64(), [math.inf, 1.0]),
        ([True, None], pa.bool_(), [True, None]),
        (["a", ""], pa.string(), ["a", ""]),
        ([b"\0"], pa.binary(), [b"\0"]),
        ([START], pa.timestamp("us", tz="UTC"), [START]),
        ([START.replace(tzinfo=None)], pa.timestamp("us"), [START.replace(tzinfo=None)]),
        ([date(2026, 1, 1)], pa.date32(), [date(2026, 1, 1)]),
        ([[1], [], None], pa.list_(pa.int64()), [[1], [], None]),
        ([[1, 2.5], [3]], pa.list_(pa.float64()), [[1.0, 2.5], [3.0]]),
        ([np.arange(2), np.array([0.5])], pa.list_(pa.float64()), [[0.0, 1.0], [0.5]]),
        ([np.eye(2, dtype=int), [[3]]], pa.list_(pa.list_(pa.int64())), [[[1, 0], [0, 1]], [[3]]]),
        ([(1, 2)], pa.list_(pa.int64()), [[1, 2]]),
        ([["a", None]], pa.list_(pa.string()), [["a", None]]),
        ([None], pa.null(), [None]),
        ([], pa.null(), []),
    ],
    ids=str,
)
def test_a_column_has_one_type(values: list[Any], kind: pa.DataType, expected: list[Any]) -> None:
    table, mixed = kept(*values)
    assert (table.schema.field("x").type, table["x"].to_pylist(), mixed) == (kind, expected, ())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, "a", None], ["1", '"a"', None]),
        ([True, 1], ["true", "1"]),
        ([[1], 2], ["[1]", "2"]),
        ([[1], [[2]]], ["[1]", "[[2]]"]),
        ([[], 1], ["[]", "1"]),
        ([["a", 1]], ['["a", 1]']),
        ([2**70], [str(2**70)]),
        ([1j], ['"1j"']),
        ([START, "a"], ['"2026-01-01T00:00:00+00:00"', '"a"']),
        ([{1, 2}], ["[1, 2]"]),
        ([np.array([1j])], ['["1j"]']),
        ([timedelta(seconds=1)], ['"0:00:01"']),
    ],
    ids=str,
)
def test_what_is_of_no_type_is_json_text(values: list[Any], expected: list[Any]) -> None:
    table, mixed = kept(*values)
    assert (table["x"].to_pylist(), mixed) == (expected, ("x",))


scalars = st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text("aé")
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(values, max_size=5))
@example([[], [False], [[]]])
@example([[[]], [], [[1]]])
def test_any_values_make_a_column(found: list[Any]) -> None:
    table, mixed = kept(*found)
    back = table["x"].to_pylist()
    if mixed:
        back = [None if text is None else json.loads(text) for text in back]
    np.testing.assert_equal(back, found)


def test_groups_of_rows_have_one_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lume_services.results.finding.parquet._GROUP_ROWS", 2)
    table, _ = kept(None, None, 1, 2, 0.5)
    assert parquet.ParquetFile("x.parquet").num_row_groups == 3
    assert table["x"].to_pylist() == [None, None, 1.0, 2.0, 0.5]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_file_is_whole_or_as_it_was(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    save(0, x=1)
    file = Path(f"a{suffix}")
    Results("lab").find().export(file)
    before = file.read_bytes()
    db = config.current().results_db
    found = db.find

    def breaks(*arguments: Any, **options: Any) -> Iterator[Any]:
        yield from found(*arguments, **options)
        raise InputError("the line is dead")

    monkeypatch.setattr(db, "find", breaks)
    with pytest.raises(InputError, match="the line is dead"):
        Results("lab").find().export(file)
    assert file.read_bytes() == before
    assert [path.name for path in Path.cwd().iterdir()] == [file.name]


def test_progress_is_told() -> None:
    for number in range(3):
        save(number, x=number)
    seen: list[int] = []
    made = Results("lab").find().export("a.jsonl", progress=seen.append)
    assert (made.results, made.file, seen) == (3, Path("a.jsonl"), [3])
    assert made.size == Path("a.jsonl").stat().st_size


def test_the_same_results_make_the_same_file() -> None:
    for number in range(3):
        save(number, x=np.arange(number))
    for suffix in (".csv", ".jsonl", ".parquet"):
        Results("lab").find().export(f"a{suffix}")
        Results("lab").find().export(f"b{suffix}")
        assert Path(f"a{suffix}").read_bytes() == Path(f"b{suffix}").read_bytes()
