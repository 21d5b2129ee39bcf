"""Selections: what they hold, and when they read it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from lume_services import Result, Results
from lume_services.errors import InputError, QueryError

START = datetime(2026, 1, 1, tzinfo=UTC)


def save(number: int, project: str = "scan", **outputs: Any) -> Result:
    made = Result(
        project_name=project,
        flow_id=f"run-{number}",
        inputs={"k1": number / 2, "name": "ab"[number % 2]},
        outputs=outputs or {"size": number**2},
        created=START + timedelta(hours=number),
        host="here",
    )
    made.insert()
    return made


@pytest.fixture
def saved() -> list[Result]:
    return [save(number) for number in range(6)]


def numbers(results: Any) -> list[int]:
    return [int(result.flow_id.removeprefix("run-")) for result in results]


@pytest.mark.parametrize(
    ("where", "options", "expected"),
    [
        ("", {}, [0, 1, 2, 3, 4, 5]),
        ("inputs.k1 > 1", {}, [3, 4, 5]),
        ({"inputs.k1": {"$gt": 1}}, {}, [3, 4, 5]),
        ({"created": {"$lt": START + timedelta(hours=2)}}, {}, [0, 1]),
        ("created < '2026-01-01T02:00Z'", {"sort": "-time"}, [1, 0]),
        ("", {"sort": "-inputs.name,inputs.k1", "limit": 4}, [1, 3, 5, 0]),
        ("", {"sort": ["-inputs.name", "inputs.k1"], "limit": 4}, [1, 3, 5, 0]),
        ("", {"sort": [("inputs.k1", -1)], "limit": 1}, [5]),
    ],
)
def test_find(
    saved: list[Result], where: Any, options: dict[str, Any], expected: list[int]
) -> None:
    selection = Results("scan").find(where, **options)
    assert numbers(selection) == numbers(selection) == expected
    assert len(selection) == selection.count() == len(expected)
    assert selection.first() == saved[expected[0]]


def test_a_project_or_all(saved: list[Result]) -> None:
    save(9, "other")
    assert numbers(Results("other")) == [9]
    assert numbers(Results()) == [0, 1, 2, 3, 4, 5, 9]
    assert len(Results("none").find()) == 0
    assert not Results("none").find()
    assert Results("none").find().first() is None


def test_places(saved: list[Result]) -> None:
    selection = Results("scan").find(sort="-time", limit=5)
    assert selection[0] == saved[5]
    assert selection[4] == saved[1]
    assert numbers(selection[1:3]) == [4, 3]
    assert numbers(selection[2:]) == [3, 2, 1]
    assert numbers(selection[1:4][1:]) == [3, 2]
    assert numbers(selection[3:100]) == [2, 1]
    assert len(selection[3:100]) == 2
    assert numbers(Results("scan").find()[4:]) == [4, 5]
    assert len(Results("scan").find()[4:]) == 2
    assert numbers(selection[5:]) == numbers(selection[3:2]) == []
    with pytest.raises(IndexError, match="there is no result number 5"):
        selection[5]
    with pytest.raises(InputError, match=r"counted from 0, not -1; .* sort the other way round"):
        selection[-1]
    with pytest.raises(InputError, match="steps of 1, not 2"):
        selection[::2]


def test_results_are_read_as_they_are_used(saved: list[Result]) -> None:
    selection = Results("scan").find()
    iterator = iter(selection)
    first = list(itertools.islice(iterator, 2))
    save(6)
    assert numbers(first + list(iterator)) == [0, 1, 2, 3, 4, 5]
    assert numbers(selection) == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"where": "x = 1"}, "use '==' in place of '='"),
        ({"where": {"x": {"$foo": 1}}}, r"unknown operator '\$foo'"),
        ({"where": {"x": [1]}}, "a text, True, False or None, not \\[1\\]"),
        ({"where": 5}, "a query is a dictionary"),
        ({"sort": "a..b"}, r"the path 'a\.\.b' cannot be searched"),
        ({"sort": [("a", 2)]}, "sort takes pairs"),
        ({"columns": "a,,b"}, "a path is dotted text"),
        ({"columns": []}, "columns are paths such as"),
        ({"limit": -1}, "limit is a number of results or None, not -1"),
    ],
)
def test_what_cannot_be_found(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Results("scan").find(**arguments)


@pytest.mark.parametrize("project", ["", 5])
def test_what_is_no_project(project: Any) -> None:
    with pytest.raises(InputError, match="a project is a name or None"):
        Results(project)


def test_rows(saved: list[Result]) -> None:
    save(7, beam={"a.b": np.float32(0.5), "sizes": np.arange(3)}, note=None)
    selection = Results().find("inputs.k1 == 3.5")
    (row,) = selection.rows()
    np.testing.assert_array_equal(row.pop("outputs.beam.sizes"), [0, 1, 2])
    assert row == {
        "result_type": "Result",
        "unique_hash": selection[0].unique_rep()["unique_hash"],
        "project_name": "scan",
        "flow_id": "run-7",
        "inputs.k1": 3.5,
        "inputs.name": "b",
        r"outputs.beam.a\.b": np.float32(0.5),
        "outputs.note": None,
        "flow_name": None,
        "flow_run_id": None,
        "package": None,
        "version": None,
        "created": START + timedelta(hours=7),
        "host": "here",
    }


@pytest.mark.parametrize(
    "columns", ["time,inputs,outputs.a[1],outputs.none", ["time", "inputs", "outputs.a[1]"]]
)
def test_rows_of_columns(columns: Any) -> None:
    save(1, a=[5, 6])
    selection = Results().find(columns=columns)
    assert list(selection.rows()) == [
        {
            "time": START + timedelta(hours=1),
            "inputs.k1": 0.5,
            "inputs.name": "b",
            "outputs.a[1]": 6,
        }
    ]


def test_keys_with_commas_are_columns() -> None:
    Result(flow_id="1", inputs={"a,b": {"c.d": 1}}, outputs={}).insert()
    selection = Results().find(columns="""inputs['a,b']["c.d"],flow_id""")
    assert list(selection.rows()) == [{"""inputs['a,b']["c.d"]""": 1, "flow_id": "1"}]


def test_a_selection_says_what_it_is(saved: list[Result]) -> None:
    selection = Results("scan").find("inputs.k1 > 1", sort="-time", limit=3)[1:]
    assert repr(selection) == (
        "<Selection of results: project scan, inputs.k1 > 1, sorted by -created, at most 2, "
        "without the first 1>"
    )
    assert repr(Results()), repr(Results("a")) == ("Results()", "Results('a')")


def test_a_notebook_shows_the_first_rows(saved: list[Result]) -> None:
    for number in range(10, 16):
        save(number, sizes=np.arange(1000), text="<b>")
    shown = Results("scan").find(columns="inputs.k1,outputs")._repr_html_()
    assert shown.count("<tr>") == 11
    assert "ndarray 1000 int64, from 0 to 999" in shown
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "the first of more" in shown
    assert "the first of more" not in Results("scan").find(limit=10)._repr_html_()


def test_times_of_other_zones_compare() -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    Result(flow_id="1", inputs={"at": at}, outputs={}).insert()
    assert len(Results().find("inputs.at == time('2026-01-01T03:00Z')")) == 1
    assert len(Results().find("inputs.at > time('2026-01-01T03:00:01Z')")) == 0


def test_an_error_of_a_query_is_an_input_error() -> None:
    with pytest.raises(QueryError, match="at column 1"):
        Results().find("(")
