"""Tests as a model developer writes them; run by test_plugin.py, in this order."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from prefect import flow, task
from prefect.cache_policies import INPUTS

import lume_services
from lume_services import Result, config
from lume_services.errors import FlowFailedError, ParameterError
from lume_services.files import TextFile
from lume_services.tasks import save_db_result, save_file

computed = []


@task(cache_policy=INPUTS, persist_result=True)
def square(x: int) -> int:
    computed.append(x)
    return x * x


@flow
def model(x: int, note: str = "") -> int:
    y = square(x)
    save_file(note or "none", "note.txt", "local", TextFile)
    save_db_result(Result(inputs={"x": x}, outputs={"y": y}))
    return y


@flow
async def asynchronous(x: int) -> int:
    return x + 1


@flow
def fails() -> None:
    raise ValueError("boom")


def servers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lume-local-api"]


def test_before_the_fixture_nothing_is_started():
    assert servers() == []
    assert "real" in os.environ["LUME_RESULTS_DB__URL"]


@pytest.mark.parametrize("again", [False, True])
def test_each_test_starts_empty(lume, again):
    assert lume.scheduling.runs() == []
    assert lume.results_db.count({}) == 0
    assert list(lume.directory.iterdir()) == []
    assert Path.cwd() == lume.directory
    assert model(3) == 9
    assert model(3) == 9
    assert computed == ([3, 3] if again else [3])
    assert [(run.flow_name, run.state_name) for run in lume.scheduling.runs()] == [
        ("model", "Completed")
    ] * 2
    assert len(servers()) == 1
    # The database has one result for each run.
    assert [result.outputs for result in Result.find({"inputs.x": 3})] == [{"y": 9}] * 2
    assert {path.name for path in lume.home.iterdir()} >= {"history.sqlite", "results.sqlite"}


def test_settings_of_the_project_are_not_used(lume):
    assert config.current().settings.mounted_filesystem is None
    assert "real" not in config.current().settings.results_db_url
    assert config.current() is lume.services


def test_a_run_is_inspected(lume):
    run = lume.run(model, x=4, note="hey")
    assert (run.state_name, run.parameters) == ("Completed", {"x": 4, "note": "hey"})
    assert lume.scheduling.get_task_result(run.id, "square") == 16
    assert (lume.directory / "note.txt").read_text() == "hey"
    assert lume.files.exists("local", "note.txt")
    messages = [line.message for line in lume.scheduling.logs(run.id)]
    assert messages[-1] == "Finished in state Completed()"


def test_results_are_returned(lume):
    assert lume.run_and_return(model, x=5) == 25
    assert lume.run_and_return(asynchronous, x=5) == 6
    assert asyncio.run(asynchronous(6)) == 7


def test_a_failure_is_a_state_or_an_error(lume):
    assert lume.run(fails).state_name == "Failed"
    with pytest.raises(FlowFailedError, match="ValueError: boom"):
        lume.run_and_return(fails)
    with pytest.raises(ValueError, match="boom"):
        fails()
    with pytest.raises(ParameterError, match="unknown parameter 'z'"):
        lume.run(model, x=1, z=2)


def test_registered_flows_and_flow_of_flows(lume):
    lume.scheduling.register_flow(model, "lab")
    assert lume.run_and_return(lume_services.Flow("model", "lab"), x=6) == 36
    composed = lume_services.FlowOfFlows.from_yaml(
        {
            "name": "both",
            "project_name": "lab",
            "composing_flows": [{"name": "model", "project_name": "lab"}],
        }
    )
    assert lume.run_and_return(composed, **{"model-x": 7}) == {"model": 49}
    assert lume.run(composed, **{"model-x": 8}).flow_name == "both"


def test_threads_use_the_same_services(lume):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(config.current()))
    thread.start()
    thread.join()
    assert seen == [lume.services]


def test_services_may_be_reset(lume):
    config.reset()
    assert lume.run_and_return(model, x=2) == 4


def test_a_test_after_a_reset_works(lume):
    assert lume.scheduling.runs() == []
    assert model(2) == 4
    assert len(servers()) == 1


def test_after_the_fixture_all_is_as_before():
    assert "real" in os.environ["LUME_RESULTS_DB__URL"]
    assert config._process.set_up is None
