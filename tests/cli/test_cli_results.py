"""Database results on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from cli_calling import Cli

from lume_services import Result
from lume_services.cli.stored import summary

START = datetime(2026, 1, 1, tzinfo=UTC)


def save(number: int, project: str = "test", **outputs: Any) -> str:
    made = Result(
        project_name=project,
        flow_id=f"{number}-run",
        inputs={"number": number},
        outputs=outputs,
        created=START + timedelta(hours=number),
    )
    return made.insert()["unique_hash"]


def shown(out: str) -> list[dict[str, Any]]:
    return json.loads("[" + out.replace("}\n{", "},{") + "]")


def test_the_newest_result_comes_first(cli: Cli) -> None:
    for number in range(3):
        save(number)
    documents = shown(cli("results", "show").out)
    assert [document["inputs"]["number"] for document in documents] == [2, 1, 0]
    assert len(shown(cli("results", "show", "--limit", 2).out)) == 2


@pytest.mark.parametrize("by", ["hash", "beginning of the hash", "run"])
def test_a_result_is_shown_by_hash_or_run(cli: Cli, by: str) -> None:
    hashes = [save(number) for number in range(3)]
    given = {"hash": hashes[1], "beginning of the hash": hashes[1][:9], "run": "1-run"}[by]
    code, out, err = cli("results", "show", given)
    assert (code, err) == (0, "")
    assert [document["unique_hash"] for document in shown(out)] == [hashes[1]]


def test_results_are_shown_by_project(cli: Cli) -> None:
    save(0, "one")
    save(1, "two")
    documents = shown(cli("results", "show", "--project", "two").out)
    assert [document["project_name"] for document in documents] == ["two"]
    assert cli("results", "show", "--project", "three") == (0, "", "")


def test_arrays_are_summarised(cli: Cli) -> None:
    save(0, sizes=np.linspace(0, 1.5, 100), matrix=np.zeros((2, 3), int), point=np.float32(2.5))
    assert shown(cli("results", "show").out)[0]["outputs"] == {
        "sizes": "ndarray 100 float64, from 0 to 1.5",
        "matrix": "ndarray 2x3 int64, from 0 to 0",
        "point": 2.5,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, "x", None]}, {"a": [1, "x", None]}),
        (list(range(100)), "list of 100, from 0 to 99"),
        (np.array([]), "ndarray 0 float64"),
        (np.array(["a", "b"]), "ndarray 2 <U1"),
        ((1, 2), [1, 2]),
    ],
)
def test_summary(value: object, expected: object) -> None:
    assert summary(value) == expected


def test_an_unknown_result_is_bad_input(cli: Cli) -> None:
    save(0)
    code, out, err = cli("results", "show", "nope", "--project", "test")
    assert (code, out) == (2, "")
    assert err.startswith(
        "error: no result in project 'test' has a hash or a run id that begins with 'nope'"
    )
