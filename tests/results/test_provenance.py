"""What a flow run has loaded, and what it gives to its results."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import prefect
import pytest

import lume_services
from lume_services.results import Result, provenance


@pytest.fixture(autouse=True)
def engine(lume_home: Any) -> Iterator[None]:
    with lume_services.local_engine():
        yield


def rep(number: int) -> dict[str, Any]:
    return {"result_type": "Result", "project_name": "p", "unique_hash": str(number)}


@prefect.task
def record(number: int) -> None:
    provenance.record_parent(rep(number))


@prefect.flow
def loads(numbers: list[int]) -> dict[str, Any]:
    for number in numbers:
        provenance.record_parent(rep(number))
    return Result(inputs={}, outputs={"numbers": numbers}).insert()


def test_a_result_made_in_a_run_knows_the_run() -> None:
    result = Result.load(loads([3, 1, 3]))
    assert result.flow_id == result.flow_run_id
    assert len(result.flow_id) == 36
    assert (result.flow_name, result.project_name) == ("loads", "default")
    assert result.parents == (rep(3), rep(1))
    assert Result.load_from_query({"parents.1.unique_hash": "1"}) == result


def test_each_run_has_its_own_parents() -> None:
    @prefect.flow
    def outer() -> list[dict[str, Any]]:
        provenance.record_parent(rep(0))
        return [loads([1]), loads([2]), loads([])]

    assert [Result.load(found).parents for found in outer()] == [(rep(1),), (rep(2),), ()]


def test_tasks_in_threads_record_for_their_run() -> None:
    @prefect.flow
    def mapped() -> Result:
        record.map(list(range(20))).wait()
        return Result(inputs={}, outputs={})

    found = [int(parent["unique_hash"]) for parent in mapped().parents]
    assert sorted(found) == list(range(20))


def test_outside_a_run_nothing_is_recorded() -> None:
    provenance.record_parent(rep(1))
    assert Result(flow_id="1", inputs={}, outputs={}).parents == ()


def test_what_is_given_is_not_replaced() -> None:
    @prefect.flow
    def given() -> Result:
        return Result(flow_id="mine", project_name="p", inputs={}, outputs={}, version="3")

    result = given()
    assert (result.flow_id, result.project_name, result.version) == ("mine", "p", "3")
    assert result.flow_run_id is not None


def test_a_loaded_result_keeps_its_own_provenance() -> None:
    outside = Result(flow_id="by hand", inputs={}, outputs={}).insert()

    @prefect.flow
    def load() -> Result:
        provenance.record_parent(outside)
        return Result.load(outside)

    loaded = load()
    assert (loaded.flow_id, loaded.flow_name, loaded.flow_run_id) == ("by hand", None, None)
    assert loaded.parents == ()


def test_a_run_has_at_most_so_many_parents(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(provenance, "MAX_PARENTS", 2)
    with caplog.at_level(logging.WARNING, provenance.logger.name):
        result = Result.load(loads([1, 2, 3, 1]))
    assert result.parents == (rep(1), rep(2))
    messages = [entry.message for entry in caplog.records if entry.name == provenance.logger.name]
    assert len(messages) == 1
    assert "has loaded more than 2 results and files" in messages[0]


def test_runs_that_were_active_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "MAX_RUNS", 2)
    runs = [str(Result.load(loads([number])).flow_run_id) for number in range(3)]
    assert [provenance.parents(run) for run in runs] == [(), (rep(1),), (rep(2),)]


def test_a_second_result_of_a_retried_run_is_refused() -> None:
    attempts: list[int] = []

    @prefect.flow(retries=1)
    def retried(different: bool) -> None:
        attempts.append(len(attempts))
        Result(inputs={}, outputs={"attempt": attempts[-1] if different else 0}).insert()
        if len(attempts) == 1:
            raise ValueError("once more")

    retried(different=False)
    assert len(attempts) == 2
    assert len(list(Result.find({"flow_name": "retried"}))) == 1
    attempts.clear()
    with pytest.raises(lume_services.LumeServicesError, match="retried with another outcome needs"):
        retried(different=True)
