"""Finding and exporting database results."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_calling import Cli
from pyarrow import parquet

from lume_services import Result

START = datetime(2026, 1, 1, tzinfo=UTC)


def save(number: int, project: str = "lab", **outputs: Any) -> Result:
    result = Result(
        project_name=project,
        flow_id=f"{number}-run",
        flow_name="track",
        inputs={"k1": 1.5 * number},
        outputs=outputs,
        created=START + timedelta(hours=number),
    )
    result.insert()
    return result


@pytest.fixture
def saved() -> list[Result]:
    return [save(number, "lab" if number else "test", x=number % 2) for number in range(4)]


def test_the_newest_are_listed_first(cli: Cli, saved: list[Result]) -> None:
    code, out, err = cli("results", "find", "--limit", 2)
    assert (code, err) == (0, "")
    assert [line.split("\t") for line in out.splitlines()] == [
        ["HASH", "FLOW", "PROJECT", "CREATED", "OUTPUTS"],
        [saved[3].unique_rep()["unique_hash"], "track", "lab", "2026-01-01T03:00:00+00:00", "x=1"],
        [saved[2].unique_rep()["unique_hash"], "track", "lab", "2026-01-01T02:00:00+00:00", "x=0"],
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["inputs.k1 > 1.5"], [["4.5"], ["3.0"]]),
        (["outputs.x == 1", "--sort", "inputs.k1"], [["1.5"], ["4.5"]]),
        (["--sort", "-inputs.k1", "--limit", "1"], [["4.5"]]),
        (["--sort", "-outputs.x,time"], [["1.5"], ["4.5"], ["0.0"], ["3.0"]]),
        (["0 <= inputs.k1 <= 0"], [["0.0"]]),
        (["--project", "test"], [["0.0"]]),
        (["time >= '2026-01-01T02:00Z'"], [["4.5"], ["3.0"]]),
    ],
)
def test_a_search(cli: Cli, saved: list[Result], options: list[str], expected: object) -> None:
    assert cli("results", "find", "--columns", "inputs.k1", *options).rows == expected


@pytest.mark.parametrize(
    ("expression", "note"),
    [
        ("outputs.x == 5", "no result matches"),
        (
            "input.k1 == 5",
            "no result matches; 'input' is no field of a result, did you mean 'inputs'?",
        ),
    ],
)
def test_nothing_found(cli: Cli, saved: list[Result], expression: str, note: str) -> None:
    found = cli("results", "find", expression)
    assert (found.code, found.rows, found.err) == (0, [], f"{note}\n")


def test_outputs_are_brief(cli: Cli) -> None:
    save(0, a=0.5, xs=np.zeros((2, 3)), n=[1, 2], d={"x": 1}, at=START, s=np.float32(0.25))
    assert cli("results", "find").rows[0][-1] == (
        "a=0.5 xs=ndarray 2x3 n=list of 2 d=dict of 1 at=2026-01-01T00:00:00+00:00 s=0.25"
    )


def test_a_column_may_be_missing_in_some(cli: Cli) -> None:
    save(0, x=1)
    save(1, y=np.zeros((2, 3)), z={"a": "text"})
    found = cli("results", "find", "--columns", "outputs.x, outputs.y,outputs.z")
    assert found.out.splitlines()[0] == "outputs.x\toutputs.y\toutputs.z"
    assert found.rows == [["-", "ndarray 2x3 float64, from 0 to 0", "a=text"], ["1", "-", "-"]]


@pytest.mark.parametrize("command", [["find"], ["export", "-o", "r.csv"]])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["inputs.k1 = 1"], "at column 11: use '==' in place of '='\nerror:   inputs.k1 = 1\n"),
        (["outputs.x <= None"], "takes a number or a text, not None"),
        (["--sort", "a..b"], "the path 'a..b' cannot be searched"),
        (["--columns", "a,,b"], "a path is dotted text like 'outputs.x', not ''"),
    ],
)
def test_what_cannot_be_searched(
    cli: Cli, saved: list[Result], command: list[str], options: list[str], message: str
) -> None:
    code, out, err = cli("results", *command, *options)
    assert (code, out) == (2, "")
    assert message in err
    assert list(Path.cwd().iterdir()) == []


def rows_of(file: str) -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_csv_has_every_path_and_readable_values(cli: Cli) -> None:
    save(0, xs=np.array([0.5, 1.5]), ok=True, note='say "hi", twice\nand\u2028', none=None)
    save(1, nested={"a.b": [1, 2], "c": {"d": float("nan")}}, at=START)
    exported = cli("results", "export", "-o", "r.csv")
    assert exported.fields == {"results": "2", "file": "r.csv"}
    first, second = rows_of("r.csv")
    assert first["inputs.k1"] == "0.0"
    assert first["created"] == "2026-01-01T00:00:00+00:00"
    assert first["outputs.xs"] == "[0.5, 1.5]"
    assert (first["outputs.ok"], first["outputs.none"]) == ("true", "")
    assert first["outputs.note"] == 'say "hi", twice\nand\u2028'
    assert first["outputs.at"] == second["outputs.xs"] == ""
    assert second[r"outputs.nested.a\.b"] == "[1, 2]"
    assert second["outputs.nested.c.d"] == "NaN"
    assert second["outputs.at"] == "2026-01-01T00:00:00+00:00"
    shown = cli("results", "find", "--columns", r"outputs.nested.a\.b", "--limit", 1)
    assert shown.rows == [["[1, 2]"]]


def test_json_lines_hold_the_results_as_stored(cli: Cli, saved: list[Result]) -> None:
    assert cli("results", "export", "-o", "r.jsonl", "--limit", 3).code == 0
    lines = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert [line["unique_hash"] for line in lines] == [
        result.unique_rep()["unique_hash"] for result in saved[:3]
    ]
    assert lines[0]["outputs"] == {"x": 0}
    found = cli("results", "find", "--limit", 3, "--sort", "time", "--json")
    assert lines == json.loads(found.out)


def test_parquet_has_types(cli: Cli) -> None:
    save(0, xs=np.array([0.5, 1.5]), ok=True)
    save(1, xs=np.array([[1, 2], [3, 4]]), note="text", at=START)
    columns = ["created", "inputs.k1", "outputs.ok", "outputs.note", "outputs.at"]
    options = ["--columns", ",".join(columns)]
    assert cli("results", "export", "-o", "r.parquet", *options).code == 0
    assert parquet.read_table("r.parquet").to_pylist() == [
        dict(zip(columns, [START, 0.0, True, None, None], strict=True)),
        dict(zip(columns, [START + timedelta(hours=1), 1.5, None, "text", START], strict=True)),
    ]


def test_mixed_values_are_json_text_in_parquet(cli: Cli) -> None:
    save(0, xs=np.array([0.5, 1.5]))
    save(1, xs=np.array([[1, 2], [3, 4]]))
    exported = cli("results", "export", "-o", "r.parquet", "--columns", "outputs.xs")
    assert exported.code == 0
    assert exported.err == (
        "note: the values at outputs.xs are of different kinds and became JSON text\n"
    )
    assert parquet.read_table("r.parquet")["outputs.xs"].to_pylist() == [
        "[0.5, 1.5]",
        "[[1, 2], [3, 4]]",
    ]


def test_arrays_are_lists_in_parquet(cli: Cli) -> None:
    save(0, xs=np.array([0.5, 1.5]))
    assert cli("results", "export", "-o", "r.parquet").code == 0
    (row,) = parquet.read_table("r.parquet").to_pylist()
    assert row["outputs.xs"] == [0.5, 1.5]


def test_parquet_needs_pyarrow(
    cli: Cli, saved: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "lume_services.results.finding.parquet", raising=False)
    monkeypatch.delattr("lume_services.results.finding.parquet", raising=False)
    code, out, err = cli("results", "export", "-o", "r.parquet")
    assert (code, out) == (2, "")
    assert "pip install 'lume-services[parquet]'" in err
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("r.xlsx", "'r.xlsx' does not end with .csv, .jsonl, .parquet; give one."),
        ("nowhere/r.csv", "there is no directory 'nowhere'; make it first."),
    ],
)
def test_where_nothing_can_be_exported_to(cli: Cli, to: str, message: str) -> None:
    code, out, err = cli("results", "export", "-o", to)
    assert (code, out, err) == (2, "", f"error: {message}\n")


def test_no_results_make_an_empty_file(cli: Cli) -> None:
    assert cli("results", "export", "-o", "r.csv").fields["results"] == "0"
    assert Path("r.csv").read_text().strip() == ""
    assert cli("results", "export", "-o", "r.jsonl", "--json").code == 0
    assert Path("r.jsonl").read_text() == ""
