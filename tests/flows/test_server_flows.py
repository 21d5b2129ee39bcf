"""Flow-of-flows on a Prefect server: each flow is a run of its own deployment."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lume_services import config
from lume_services.errors import FlowFailedError, InputError, SpecificationError
from lume_services.flows import FlowOfFlows, Resumption
from lume_services.services.scheduling.service import SchedulingService
from servers import until
from servers.prefect import PrefectServer


@pytest.fixture
def scheduling(prefect_worker: PrefectServer, tmp_path: Path) -> Iterator[SchedulingService]:
    """Replaces the local backend of the other tests of flows."""
    with config.use(prefect_worker.settings(prefect_worker.home)) as services:
        yield services.scheduling


def mapped(flow: str, task: str | None = None) -> dict[str, Any]:
    return {"parent_flow_name": flow, **({"parent_task_name": task} if task else {})}


def test_results_are_mapped_between_runs_of_their_own(
    lab_flows: SchedulingService, composition: Any
) -> None:
    composed = FlowOfFlows.from_yaml(
        composition(
            source={},
            double={"x": mapped("source", "require_positive")},
            add={"x": mapped("double"), "y": mapped("source")},
        )
    )
    composed.register()
    record = lab_flows.record("composed", "lab")
    assert list(record.parameters["properties"]["parameters"]["properties"]) == [
        "source-x",
        "double-factor",
    ]
    text, _, picture = (record.description or "").partition(
        "\n\n![Graph](data:image/svg+xml;base64,"
    )
    assert text == "Run source, double, add."
    assert base64.b64decode(picture.removesuffix(")")).startswith(b"<svg ")
    assert composed.run_and_return({"source-x": 3}) == {
        "source": 3,
        "double": 6,
        "add": {"require_positive": 9},
    }
    run = lab_flows.runs(limit=1, project_name="lab")[0]
    children = lab_flows.child_runs(run.id)
    assert [(c.flow_name, c.state_name, c.project_name) for c in children] == [
        ("source", "Completed", "lab"),
        ("double", "Completed", "lab"),
        ("add", "Completed", "lab"),
    ]
    assert lab_flows.run_info(children[0].id).parent_run_id == run.id


def test_a_failed_child_stops_its_descendants_only(
    lab_flows: SchedulingService, composition: Any
) -> None:
    composed = FlowOfFlows.from_yaml(composition(source={}, double={"x": mapped("source")}, add={}))
    message = (
        "1 of 3 flows failed: flow 'source' ended as Failed in task 'require_positive': "
        r"ValueError: x is -1.*; not run because of it: double"
    )
    with pytest.raises(FlowFailedError, match=message) as failure:
        composed.run_and_return({"source-x": -1, "add-x": 1})
    states = {c.flow_name: c.state_name for c in lab_flows.child_runs(failure.value.run_id)}
    assert states == {"source": "Failed", "add": "Completed"}


def test_a_resumed_run_goes_on_where_it_failed(
    lab_flows: SchedulingService, composition: Any, tmp_path: Path
) -> None:
    composed = FlowOfFlows.from_yaml(
        composition(source={}, once={"x": mapped("source")}, double={"x": mapped("once")})
    )
    failed = composed.run({"source-x": 3, "once-folder": str(tmp_path)})
    assert lab_flows.wait(failed, timeout=300).state_name == "Failed"
    before = {child.flow_name: child for child in lab_flows.child_runs(failed)}
    again = Resumption(failed[:30])
    assert [step.run_id for step in again.steps] == [before["source"].id, None, None]
    run = lab_flows.wait(again.run(), timeout=300)
    assert (run.state_name, run.resumes) == ("Completed", failed)
    after = {child.flow_name: child.id for child in lab_flows.child_runs(run.id)}
    assert list(after) == ["once", "double"]
    assert lab_flows.get_result(run.id) == {"source": before["source"].id, **after}
    assert lab_flows.get_result(after["double"]) == 6
    assert [child.id for child in lab_flows.child_runs(failed)] == [
        child.id for child in before.values()
    ]
    with pytest.raises(InputError, match="is Completed, and none of its flows"):
        Resumption(run.id)


def test_a_child_that_still_runs_is_waited_for(
    lab_flows: SchedulingService, composition: Any, tmp_path: Path
) -> None:
    """Its parent is taken for dead."""
    composed = FlowOfFlows.from_yaml(
        composition(told={}, total={"values": {**mapped("told"), "attribute_index": [0]}})
    )
    run_id = composed.run({"told-folder": str(tmp_path)})
    assert until((tmp_path / "begun").exists)
    lab_flows._backend.server.post(  # type: ignore[attr-defined]
        f"/flow_runs/{run_id}/set_state", {"state": {"type": "CRASHED"}, "force": True}
    )
    again = Resumption(run_id)
    (child,) = lab_flows.child_runs(run_id)
    assert [(step.reason, step.run_id) for step in again.steps] == [
        ("it still runs", child.id),
        ("it has not run", None),
    ]
    resumed = again.run()
    (tmp_path / "go").touch()
    assert lab_flows.wait(resumed, timeout=300).reused == {"told": child.id}
    assert lab_flows.run_info(child.id).state_name == "Completed"


def test_cancelling_a_parent_cancels_its_children(
    lab_flows: SchedulingService, composition: Any, tmp_path: Path
) -> None:
    composed = FlowOfFlows.from_yaml(composition(wait={}, source={}))
    run_id = composed.run({"wait-folder": str(tmp_path), "source-x": 1})
    assert until((tmp_path / "waits").exists)
    lab_flows.cancel(run_id)
    assert lab_flows.wait(run_id, timeout=300).state_name == "Cancelled"
    child = next(c for c in lab_flows.child_runs(run_id) if c.flow_name == "wait")
    assert lab_flows.wait(child.id, timeout=300).state_name == "Cancelled"
    assert not (tmp_path / "ended").exists()


def test_an_unknown_flow_is_refused_by_the_server(
    lab_flows: SchedulingService, composition: Any
) -> None:
    with pytest.raises(SpecificationError, match="no-such"):
        FlowOfFlows.from_yaml(composition(no_such={}))


def test_a_flow_is_run_where_its_code_is_not(
    lab_flows: SchedulingService, composition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a client knows of a flow, it knows from the server."""
    record = lab_flows.record("double", "lab")
    monkeypatch.setattr(
        "lume_services.services.scheduling.entrypoints.load", lambda _: pytest.fail("imported")
    )
    assert lab_flows.run_and_return(record, {"x": 2}) == 4
