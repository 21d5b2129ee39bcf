"""What a flow run has loaded, and what it gives to its results."""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import prefect
import pytest
from prefect.task_runners import ProcessPoolTaskRunner
from result_documents import document_of

import lume_services
from lume_services import config
from lume_services.files import TextFile
from lume_services.results import Result
from lume_services.results.origin import provenance
from lume_services.results.origin.provenance import Provenance
from lume_services.tasks import load_file, save_file


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
    assert "has loaded or saved more than 2 results and files" in messages[0]


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


@prefect.flow
def with_defaults(numbers: list[int], step: float = 0.5, obj: Any = None) -> dict[str, Any]:
    return Result(inputs={}, outputs={}).insert()


def test_a_result_knows_its_run_s_parameters_code_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_IMAGE", "registry/model:1")
    before = datetime.now(UTC)
    result = Result.load(with_defaults([1, 2], obj=object()))
    found = result.provenance
    assert found
    assert found.parameters == {"numbers": [1, 2], "step": 0.5}
    assert found.started
    assert before <= found.started <= result.created
    assert found.entrypoint
    assert found.entrypoint.endswith("test_provenance:with_defaults")
    assert (found.image, found.python) == ("registry/model:1", platform.python_version())


def test_parameters_of_a_run_of_the_scheduling_service_have_defaults_too() -> None:
    scheduling = config.current().scheduling
    run_id = scheduling.run(with_defaults, {"numbers": [1]})
    found = Result.load_from_query({"flow_id": run_id}).provenance
    assert found
    assert found.parameters == {"numbers": [1], "step": 0.5, "obj": None}


def test_parameters_that_no_document_can_hold_do_not_spoil_the_result() -> None:
    deep: list[Any] = []
    for _ in range(80):
        deep = [deep]
    found = Result.load(with_defaults([1], obj=deep)).provenance
    assert found
    assert found.parameters == {"numbers": [1], "step": 0.5}


def test_provenance_is_neither_identity_nor_contents() -> None:
    fields: dict[str, Any] = {"project_name": "p", "flow_id": "1", "inputs": {}, "outputs": {}}
    first = Result(**fields, provenance=Provenance(commit="a" * 40, dirty=True))
    assert first == Result(**fields)
    assert Result(**fields).insert() == first.insert()


def test_a_document_of_an_early_version_has_no_provenance() -> None:
    document = document_of(Result(flow_id="1", inputs={}, outputs={}))
    del document["provenance"], document["links"]
    config.current().results_db.insert(document)
    assert Result.load_from_query({"flow_id": "1"}).provenance is None


def test_files_that_a_run_saves_are_its_own(tmp_path: Path) -> None:
    @prefect.flow
    def saves() -> tuple[dict[str, Any], dict[str, Any]]:
        rep = save_file("text", "x.txt", "local", TextFile)
        load_file(rep)
        return rep, Result(inputs={"file": rep}, outputs={}).insert()

    file, rep = saves()
    result = Result.load(rep)
    assert result.provenance
    assert result.provenance.saved == (file,)
    assert result.parents == (file,)
    assert document_of(result)["links"] == [f"made:file:{file['sha256']}"]


@prefect.task
def load_in_process(rep: dict[str, Any]) -> int:
    Result.load(rep)
    return 0


@prefect.task
def save_in_process(text: str) -> dict[str, Any]:
    provenance.record_saved(rep(7))
    return Result(inputs={}, outputs={}).insert()


@prefect.flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def in_processes(given: dict[str, Any]) -> dict[str, Any]:
    provenance.record_parent(rep(5))
    load_in_process.submit(given).result()
    return save_in_process.submit("text").result()


def test_the_processes_of_a_run_share_what_they_load_and_save() -> None:
    given = Result(flow_id="given", inputs={}, outputs={}).insert()
    result = Result.load(in_processes(given))
    assert sorted(result.parents, key=str) == sorted([given, rep(5)], key=str)
    assert result.provenance
    assert result.provenance.saved == (rep(7),)
    assert result.provenance.parameters == {"given": given}
    assert result.provenance.started


def test_many_results_are_loaded_without_asking_for_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @prefect.flow
    def find() -> int:
        monkeypatch.setattr(provenance, "of_run", None)
        return len(list(Result.find({"project_name": "many"})))

    for number in range(3):
        Result(project_name="many", flow_id=str(number), inputs={}, outputs={}).insert()
    assert find() == 3
