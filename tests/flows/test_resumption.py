"""Going on with runs of the local backend, also after the process was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import prefect
import pytest

from lume_services.errors import (
    FlowFailedError,
    FlowNotFoundError,
    InputError,
    ParameterError,
    RunNotFoundError,
)
from lume_services.flows import Flow, FlowOfFlows, Resumption
from lume_services.services.scheduling import entrypoints
from lume_services.services.scheduling.service import SchedulingService

KILLED = """
import json, sys
from lume_services.flows import FlowOfFlows
FlowOfFlows.from_yaml(json.loads(sys.argv[1])).run(json.loads(sys.argv[2]))
"""


def mapped(flow: str) -> dict[str, Any]:
    return {"parent_flow_name": flow}


def steps(again: Resumption) -> dict[str, tuple[bool, str]]:
    return {step.flow_name: (step.run_id is not None, step.reason) for step in again.steps}


@pytest.fixture
def failed(lab_flows: SchedulingService, composition: Any, tmp_path: Path) -> str:
    """A run of which `once` failed: source → once → double."""
    composed = FlowOfFlows.from_yaml(
        composition(source={}, once={"x": mapped("source")}, double={"x": mapped("once")})
    )
    return composed.run({"source-x": 3, "once-folder": str(tmp_path)})


def test_what_did_not_finish_runs(failed: str, lab_flows: SchedulingService) -> None:
    again = Resumption(failed[:13])
    assert steps(again) == {
        "source": (True, "it has ended well"),
        "once": (False, "it was Failed"),
        "double": (False, "it has not run"),
    }
    run = lab_flows.require_completed(again.run())
    assert (run.resumes, run.flow_name, run.project_name) == (failed, "composed", "lab")
    before = {child.flow_name: child.id for child in lab_flows.child_runs(failed)}
    after = {child.flow_name: child.id for child in lab_flows.child_runs(run.id)}
    assert run.reused == {"source": before["source"]}
    assert list(after) == ["once", "double"]
    assert lab_flows.get_result(run.id) == {"source": before["source"], **after}
    assert lab_flows.get_result(after["double"]) == 6
    assert lab_flows.run_info(failed).state_name == "Failed"
    with pytest.raises(InputError, match=r"is Completed, and none of its flows .* nothing to run"):
        Resumption(run.id)


def test_a_resumed_run_is_resumed(
    failed: str, lab_flows: SchedulingService, tmp_path: Path
) -> None:
    elsewhere = str(tmp_path / "none")
    second = Resumption(failed, {"once-folder": elsewhere}).run()
    assert lab_flows.run_info(second).state_name == "Failed"
    third = Resumption(second, {"once-folder": str(tmp_path)})
    assert steps(third)["source"] == (True, "it has ended well")
    changed = f'parameter folder is "{tmp_path}" and was "{elsewhere}"'
    assert steps(third)["once"] == (False, f"it was Failed; {changed}")
    result = lab_flows.get_result(third.run())
    assert result["source"] == lab_flows.run_info(second).reused["source"]
    assert lab_flows.get_result(result["double"]) == 6


def test_a_completed_run_is_resumed_with_another_parameter(
    failed: str, lab_flows: SchedulingService
) -> None:
    done = Resumption(failed).run()
    again = Resumption(done, {"double-factor": 10})
    assert [reused for reused, _ in steps(again).values()] == [True, True, False]
    assert steps(again)["double"][1] == "parameter factor is 10 and was 2.0"
    assert lab_flows.get_result(lab_flows.get_result(again.run())["double"]) == 30
    assert [reused for reused, _ in steps(Resumption(done, {"source-x": 4})).values()] == [
        False
    ] * 3


def test_another_registration_runs(
    failed: str, lab_flows: SchedulingService, tmp_path: Path
) -> None:
    code = Path(__file__).with_name("lab_flows.py").read_text()
    (tmp_path / "moved.py").write_text(code)
    lab_flows.register_flow(f"{tmp_path / 'moved.py'}:source", "lab")
    again = steps(Resumption(failed))
    assert [reused for reused, _ in again.values()] == [False] * 3
    assert f"entrypoint is {tmp_path}/moved.py:source and was /" in again["source"][1]
    assert again["once"][1] == "it was Failed; it takes results of source"


def test_a_newer_version_runs(failed: str, lab_flows: SchedulingService) -> None:
    record = lab_flows.record("source", "lab")
    lab_flows.register(replace(record, package=None, version="7"))
    again = steps(Resumption(failed))
    reason = f"version is 7 and was {record.version or 'unknown'}"
    assert again["source"] == (False, reason)
    assert again["once"] == (False, "it was Failed; it takes results of source")


def test_a_flow_has_the_version_that_is_installed(lab_flows: SchedulingService) -> None:
    """Flows of the local backend run as they are installed, whatever was registered."""
    record = lab_flows.record("source", "lab")
    lab_flows.register(replace(record, package="prefect", version="0.0.1"))
    assert lab_flows.record("source", "lab").version == prefect.__version__


def test_bad_parameters_are_refused_before_anything_runs(
    failed: str, lab_flows: SchedulingService
) -> None:
    before = lab_flows.runs()
    with pytest.raises(ParameterError, match=r"unknown parameter 'double-x', did you mean"):
        Resumption(failed, {"double-x": 1})
    assert lab_flows.runs() == before


def test_a_part_of_a_run_is_refused(failed: str, lab_flows: SchedulingService) -> None:
    child = lab_flows.child_runs(failed)[0]
    with pytest.raises(InputError, match=f"is a part of run {failed}; resume that"):
        Resumption(child.id)
    with pytest.raises(RunNotFoundError, match="there is no run 'nothing'"):
        Resumption("nothing")


def test_a_single_flow_runs_again(lab_flows: SchedulingService, tmp_path: Path) -> None:
    run_id = Flow("once", "lab").run({"x": 1, "folder": str(tmp_path)})
    again = Resumption(run_id, {"x": 5})
    assert steps(again) == {"once": (False, "it was Failed")}
    run = lab_flows.require_completed(again.run())
    assert (lab_flows.get_result(run.id), run.resumes) == (5, run_id)
    with pytest.raises(InputError, match="is Completed; only one that has failed"):
        Resumption(run.id)


def test_a_flow_that_is_known_by_its_place_runs_again(
    scheduling: SchedulingService, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(Path(__file__).with_name("lab_flows.py").read_text())
    once = entrypoints.load(f"{tmp_path / 'mine.py'}:once")
    run_id = scheduling.run(once, {"x": 1, "folder": str(tmp_path)})
    assert scheduling.get_result(Resumption(run_id).run()) == 1


def test_a_flow_that_nobody_else_knows_is_refused(scheduling: SchedulingService) -> None:
    @prefect.flow
    def local() -> None:
        raise ValueError("no beam")

    run_id = scheduling.run(local)
    with pytest.raises(FlowNotFoundError, match="no flow 'local' in project 'default'"):
        Resumption(run_id)


def test_a_killed_run_is_resumed(
    lab_flows: SchedulingService, composition: Any, tmp_path: Path
) -> None:
    """The process is killed in one of two flows that need the same result."""
    specification = composition(source={}, wait={}, double={"x": mapped("source")})
    parameters = {"source-x": 2, "wait-folder": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, json.dumps(specification), json.dumps(parameters)]
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and len(finished(lab_flows)) < 2:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(300)
    (run,) = lab_flows.runs()
    assert run.state_name == "Crashed"
    again = Resumption(run.id)
    assert steps(again) == {
        "source": (True, "it has ended well"),
        "wait": (False, "it was Crashed"),
        "double": (True, "it has ended well"),
    }
    with pytest.raises(FlowFailedError, match="FileNotFoundError"):
        lab_flows.require_completed(Resumption(run.id, {"wait-folder": "/no/such/folder"}).run())


def finished(scheduling: SchedulingService) -> list[str]:
    children = [child for run in scheduling.runs() for child in scheduling.child_runs(run.id)]
    return [child.flow_name for child in children if scheduling.has_result(child.id)]
