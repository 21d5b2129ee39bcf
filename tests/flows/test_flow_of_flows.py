"""Flow-of-flows on the local backend, with real flows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flow_records import TEXT_EXAMPLE

from lume_services import config
from lume_services.errors import (
    FlowFailedError,
    InputError,
    ParameterError,
    SpecificationError,
    TaskNotFoundError,
)
from lume_services.files import TextFile
from lume_services.flows import FlowOfFlows
from lume_services.results import Result

FILE = TEXT_EXAMPLE / "flow_of_flows.yaml"
TEXTS = {"flow1-text1": "hey", "flow1-text2": "you", "flow3-text2": "hey you"}


def test_the_published_file_runs_unchanged(text_flows, tmp_path):
    produced = FlowOfFlows.from_yaml(FILE).run_and_return(TEXTS)
    assert produced["flow3"] is True
    assert (tmp_path / "text.txt").read_text() == "hey you"
    assert TextFile(filename="text.txt", filesystem_identifier="local").read() == "hey you"
    assert produced["flow1"]["file_type"] == "TextFile"
    result = Result.load(produced["flow2"])
    assert result.outputs == {"output1": "hey you"}
    assert (
        FlowOfFlows.from_yaml(FILE).run_and_return({**TEXTS, "flow3-text2": "you"}, "flow3")
        is False
    )


def test_the_runs_are_children_of_the_composed_run(text_flows):
    run_id = FlowOfFlows.from_yaml(FILE).run(TEXTS)
    run = text_flows.run_info(run_id)
    assert (run.flow_name, run.project_name, run.state_name) == (
        "flow_of_flows",
        "test",
        "Completed",
    )
    assert run.parameters["parameters"] == TEXTS
    assert run.parameters["specification"]["composing_flows"][0]["name"] == "flow1"
    children = text_flows.child_runs(run_id)
    assert [child.flow_name for child in children] == ["flow1", "flow2", "flow3"]
    assert {child.parent_run_id for child in children} == {run_id}
    assert text_flows.get_result(run_id) == {child.flow_name: child.id for child in children}
    assert [each.id for each in text_flows.runs()] == [run_id]


def test_the_specification_of_a_run_is_a_specification(text_flows):
    run_id = FlowOfFlows.from_yaml(FILE).run(TEXTS)
    parameters = text_flows.run_info(run_id).parameters
    again = FlowOfFlows.from_yaml(parameters["specification"])
    assert again.specification == FlowOfFlows.from_yaml(FILE).specification
    assert again.run_and_return(parameters["parameters"], "flow3") is True


def test_what_is_known_without_running(text_flows):
    flow_of_flows = FlowOfFlows.from_yaml(FILE)
    assert (flow_of_flows.name, flow_of_flows.project_name) == ("flow_of_flows", "test")
    assert [(p.name, p.type, p.required, p.default) for p in flow_of_flows.parameters] == [
        ("flow1-text1", "string", True, None),
        ("flow1-text2", "string", True, None),
        ("flow1-filename", "string", False, "text.txt"),
        ("flow2-text", "string", False, ""),
        ("flow3-text2", "string", True, None),
    ]
    assert repr(flow_of_flows) == "FlowOfFlows('flow_of_flows', 'test')"
    assert text_flows.runs() == []


def test_unregistered_flows_are_reported_with_their_places():
    with pytest.raises(SpecificationError, match="no flow 'flow1' is registered") as raised:
        FlowOfFlows.from_yaml(FILE)
    assert [problem.split(": ")[0] for problem in raised.value.problems] == [
        f"{FILE}:5:11",
        f"{FILE}:7:11",
        f"{FILE}:15:11",
    ]


def test_validate_looks_at_what_is_registered_now(text_flows, tmp_path):
    flow_of_flows = FlowOfFlows.from_yaml(FILE)
    flow_of_flows.validate()
    file = tmp_path / "newer.py"
    file.write_text("from prefect import flow\n@flow\ndef flow2(rep: dict): ...\n")
    text_flows.register_flow(f"{file}:flow2", "test")
    with pytest.raises(
        SpecificationError, match="flow 'flow2' has no parameter 'file_rep'"
    ) as raised:
        flow_of_flows.validate()
    assert "has no task 'save_db_result'; there are none." in raised.value.problems[1]


def test_parameters_are_refused_before_anything_runs(text_flows):
    flow_of_flows = FlowOfFlows.from_yaml(FILE)
    with pytest.raises(ParameterError, match="missing required parameter 'flow1-text2'"):
        flow_of_flows.run({"flow1-text1": "a", "flow3-text2": "b"})
    with pytest.raises(ParameterError, match="unknown parameter 'flow2-file_rep'"):
        flow_of_flows.run({**TEXTS, "flow2-file_rep": {}})
    with pytest.raises(ParameterError, match="'flow1-text1' is not JSON-serialisable: set"):
        flow_of_flows.run({**TEXTS, "flow1-text1": {1}})
    assert text_flows.runs() == []


def test_results_of_one_flow_and_one_task(text_flows):
    flow_of_flows = FlowOfFlows.from_yaml(FILE)
    assert flow_of_flows.run_and_return(TEXTS, "flow1", "join") == "hey you"
    with pytest.raises(TaskNotFoundError, match="no finished task 'joint'"):
        flow_of_flows.run_and_return(TEXTS, "flow1", "joint")


def test_results_of_a_flow_that_is_not_there(text_flows):
    flow_of_flows = FlowOfFlows.from_yaml(FILE)
    message = "no flow 'flow4' in 'flow_of_flows'; did you mean"
    with pytest.raises(InputError, match=message):
        flow_of_flows.run_and_return(TEXTS, "flow4")
    with pytest.raises(InputError, match=r"task 'join' of which flow\? Give flow_name too"):
        flow_of_flows.run_and_return(TEXTS, task_name="join")
    assert text_flows.runs() == []


def raw(parent: str, task: str | None = None, **more: Any) -> dict[str, Any]:
    given = {"parent_flow_name": parent, **more}
    return {**given, "parent_task_name": task} if task else given


def test_raw_mappings_take_return_values_tasks_and_parts(lab_flows, composition):
    specification = composition(
        source={},
        several={},
        double={
            "x": raw("source"),
            "factor": raw("several", "require_positive", attribute_index=[3]),
        },
        total={"values": raw("several", "require_positive")},
        add={"x": raw("double"), "y": raw("total")},
    )
    produced = FlowOfFlows.from_yaml(specification).run_and_return(
        {"source-x": 2.0, "several-count": 4}
    )
    assert produced == {
        "source": 2.0,
        "several": {"require_positive": [0.0, 1.0, 2.0, 3.0]},
        "double": 6.0,
        "total": 6.0,
        "add": {"require_positive": 12.0},
    }


def test_independent_flows_run_at_the_same_time(lab_flows, tmp_path):
    for name in ("left", "right"):
        (tmp_path / f"{name}.py").write_text(
            f"from prefect import flow\nfrom lab_flows import meet as other\n"
            f"@flow\ndef {name}(folder: str) -> bool:\n    return other.fn(folder, {name!r}, 2)\n"
        )
        lab_flows.register_flow(f"{tmp_path / name}.py:{name}", "lab")
    (tmp_path / "met").mkdir()
    flows = [{"name": name, "project_name": "lab"} for name in ("left", "right")]
    specification = {"name": "both", "project_name": "lab", "composing_flows": flows}
    folder = str(tmp_path / "met")
    produced = FlowOfFlows.from_yaml(specification).run_and_return(
        {"left-folder": folder, "right-folder": folder}
    )
    assert produced == {"left": True, "right": True}


def test_a_failed_flow_stops_its_descendants_only(lab_flows, composition):
    specification = composition(
        source={},
        double={"x": raw("source")},
        add={"x": raw("double"), "y": raw("source")},
        several={},
        total={"values": raw("several", "require_positive")},
    )
    flow_of_flows = FlowOfFlows.from_yaml(specification)
    with pytest.raises(FlowFailedError, match="1 of 5 flows failed: flow 'source'") as raised:
        flow_of_flows.run_and_return({"source-x": -1.0, "several-count": 3})
    message = str(raised.value)
    assert "flow 'composed' ended as Failed" in message
    assert "in task 'require_positive': ValueError: x is -1.0, below zero" in message
    assert "not run because of it: double, add" in message
    run = lab_flows.runs()[0]
    assert run.state_name == "Failed"
    states = {child.flow_name: child.state_name for child in lab_flows.child_runs(run.id)}
    assert states == {"source": "Failed", "several": "Completed", "total": "Completed"}


def test_a_result_that_cannot_be_mapped_fails_the_flow_that_needs_it(lab_flows, composition):
    specification = composition(no_json={}, double={"x": raw("no-json", "as_complex")}, source={})
    flow_of_flows = FlowOfFlows.from_yaml(specification)
    message = re.escape(
        "flow 'double' could not be run: task 'as_complex' of flow 'no-json' returned complex"
    )
    with pytest.raises(FlowFailedError, match=message) as raised:
        flow_of_flows.run_and_return({"no-json-x": 1.0, "source-x": 1.0})
    assert "save_file" in str(raised.value)
    states = [child.state_name for child in lab_flows.child_runs(lab_flows.runs()[0].id)]
    assert states == ["Completed", "Completed"]


def test_a_mapped_value_of_the_wrong_kind_names_what_was_there(lab_flows, composition):
    specification = composition(several={}, total={"values": raw("several", map_type="file")})
    with pytest.raises(FlowFailedError, match="flow 'several' returned nothing, but a file map"):
        FlowOfFlows.from_yaml(specification).run_and_return({"several-count": 2})


def test_at_most_as_many_flows_as_the_settings_say(lab_flows, composition, tmp_path, monkeypatch):
    monkeypatch.setenv("LUME_SCHEDULING__MAX_CONCURRENT_FLOWS", "1")
    config.reset()
    flow_of_flows = FlowOfFlows.from_yaml(composition(source={}, several={}))
    run_id = flow_of_flows.run({"source-x": 1.0, "several-count": 1})
    first, second = lab_flows.child_runs(run_id)
    assert first.ended is not None
    assert second.started is not None
    assert first.ended <= second.started
