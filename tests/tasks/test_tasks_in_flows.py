"""The packaged tasks inside flows on the local backend."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import prefect
import pytest
from prefect import flow, task

from lume_services import Result, config
from lume_services.errors import FlowFailedError
from lume_services.files import NumpyFile, TextFile
from lume_services.results.stores.flushing import Flushed, flush
from lume_services.services.scheduling.service import SchedulingService
from lume_services.tasks import (
    LoadDBResult,
    SaveFile,
    configure_lume_services,
    get_file_result,
    load_db_result,
    load_file,
    save_db_result,
    save_file,
)

save_text_file = SaveFile(name="save_text_file")
load_sizes = LoadDBResult(name="load_sizes", retries=1)


@pytest.fixture
def scheduling() -> SchedulingService:
    return config.current().scheduling


@flow
def published(text: str) -> str:
    configure_lume_services()
    rep = save_text_file(text, filename="a.txt", filesystem_identifier="local", file_type=TextFile)
    return load_file(rep) + get_file_result(rep)


@flow
def document(x: float) -> Any:
    rep = save_db_result(Result(inputs={"x": x}, outputs={"sizes": np.arange(3) * x}))
    return load_sizes(rep, ["outputs", "sizes", 1]).item()


def test_tasks_are_known_by_their_names(scheduling: SchedulingService, tmp_path: Path) -> None:
    run_id = scheduling.run(published, {"text": "ab"})
    assert scheduling.get_result(run_id) == "abab"
    results = scheduling.task_results(run_id)
    assert list(results) == [
        "configure_lume_services",
        "save_text_file",
        "load_file",
        "get_file_result",
    ]
    assert results["save_text_file"]["filename"] == str(tmp_path / "a.txt")


def test_a_result_belongs_to_its_run(scheduling: SchedulingService) -> None:
    run_id = scheduling.run(document, {"x": 2.5}, project_name="test")
    assert scheduling.get_result(run_id) == 2.5
    saved = Result.load(scheduling.get_task_result(run_id, "save_db_result"))
    assert (saved.flow_id, saved.flow_run_id, saved.project_name) == (run_id, run_id, "test")
    assert (saved.flow_name, saved.inputs) == ("document", {"x": 2.5})


def test_what_is_loaded_is_a_parent_of_what_is_saved(scheduling: SchedulingService) -> None:
    @flow
    def child(file_rep: dict, result_rep: dict) -> None:
        load_file(file_rep)
        load_db_result(result_rep, ["inputs"])
        save_db_result(Result(inputs={}, outputs={}))

    saved = scheduling.run(published, {"text": "ab"})
    file_rep = scheduling.get_task_result(saved, "save_text_file")
    result_rep = scheduling.run_and_return(document, {"x": 1.0}, task_name="save_db_result")
    reps = {"file_rep": file_rep, "result_rep": result_rep}
    made = Result.load(scheduling.run_and_return(child, reps, task_name="save_db_result"))
    assert list(made.parents) == [file_rep, result_rep]


def test_saving_a_large_array_is_not_hashed(
    scheduling: SchedulingService, caplog: pytest.LogCaptureFixture
) -> None:
    @flow
    def large() -> float:
        unhashable = {"array": np.ones((1000, 1000)), "lock": logging.getLogger().handlers}
        rep = save_file(unhashable["array"], "large.npy", "local", NumpyFile)
        return float(load_file(rep).sum())

    assert scheduling.run_and_return(large) == 1e6
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_saving_again_is_not_answered_from_a_cache(
    scheduling: SchedulingService, tmp_path: Path
) -> None:
    for _ in range(2):
        scheduling.run(published, {"text": "ab"})
        (tmp_path / "a.txt").unlink()


def test_tasks_are_submitted_and_mapped(scheduling: SchedulingService, tmp_path: Path) -> None:
    @flow
    def many() -> list[str]:
        names = [f"{number}.txt" for number in range(4)]
        reps = save_text_file.map(names, names, "local", prefect.unmapped(TextFile))
        return load_file.map(reps).result()

    assert scheduling.run_and_return(many) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == [f"{n}.txt" for n in range(4)]


def test_a_result_passes_through_tasks_unchanged(scheduling: SchedulingService) -> None:
    @task
    def make() -> Result:
        return Result(inputs={"x": [1, {"y": 2}]}, outputs={"z": np.arange(3)})

    @flow
    def passes() -> dict:
        return save_db_result(make())

    saved = Result.load(scheduling.run_and_return(passes))
    assert (saved.inputs, saved.outputs["z"].tolist()) == ({"x": [1, {"y": 2}]}, [0, 1, 2])


def test_options_act(scheduling: SchedulingService) -> None:
    attempts = []

    @flow
    def retried() -> str:
        load = load_file.with_options(
            name="patient", retries=2, retry_condition_fn=lambda *_: not attempts.append(1)
        )
        return load(
            {"file_type": "TextFile", "filename": "/none", "filesystem_identifier": "local"}
        )

    run_id = scheduling.run(retried)
    (patient,) = scheduling.task_runs(run_id)
    assert (patient.task_name, patient.state_type, patient.run_count) == ("patient", "FAILED", 3)


def test_a_faulty_index_fails_the_flow_with_its_reason(scheduling: SchedulingService) -> None:
    @flow
    def faulty() -> None:
        rep = save_db_result(Result(inputs={}, outputs={"sizes": [1]}))
        load_db_result(rep, ["outputs", "size"])

    with pytest.raises(FlowFailedError, match=r"no 'size' at \['outputs'\].* with 'sizes'"):
        scheduling.run_and_return(faulty)


def test_only_results_are_saved_to_the_database(scheduling: SchedulingService) -> None:
    @flow
    def faulty() -> None:
        save_db_result({"x": 1})

    with pytest.raises(FlowFailedError, match=r"the result is of type dict; give a .*Result"):
        scheduling.run_and_return(faulty)


def test_a_result_whose_database_is_away_waits_in_a_file(
    lume_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__URL", "postgresql://writer@127.0.0.1:1/results")
    monkeypatch.setenv("LUME_RESULTS_DB__RETRY_SECONDS", "0.3")
    with pytest.raises(FlowFailedError, match=r"is kept in '.*' on .*flush") as failure:
        config.current().scheduling.run_and_return(document, {"x": 2.5})
    (file,) = (lume_home / "spool").iterdir()
    assert (failure.value.task_name, failure.value.cause_type) == (
        "save_db_result",
        "StoreUnavailableError",
    )
    assert str(file) in str(failure.value)
    monkeypatch.delenv("LUME_RESULTS_DB__URL")
    config.reset()
    assert flush([file]) == Flushed(inserted=1)
    found = Result.load_from_query({"inputs.x": 2.5})
    assert (found.flow_name, found.flow_run_id) == ("document", failure.value.run_id)
