"""A registered flow, by name."""

from __future__ import annotations

import pytest

from lume_services.errors import FlowFailedError, FlowNotFoundError, ParameterError
from lume_services.flows import Flow, FlowParameter
from lume_services.flows.parameters import flow_parameters


def test_what_is_known_without_running(lab_flows):
    flow = Flow("double", "lab")
    assert (flow.name, flow.project_name, repr(flow)) == ("double", "lab", "Flow('double', 'lab')")
    assert flow.parameters == (
        FlowParameter("x", "number", required=True),
        FlowParameter("factor", "number", required=False, default=2.0),
    )
    assert flow.tasks == ("require_positive",)
    assert lab_flows.runs() == []


def test_a_flow_that_is_not_there(lab_flows):
    with pytest.raises(FlowNotFoundError, match=r"no flow 'duble' in project 'lab'; did you mean"):
        Flow("duble", "lab")


def test_run(lab_flows):
    run_id = Flow("double", "lab").run({"x": 2.0})
    assert lab_flows.get_result(run_id) == 4.0
    assert lab_flows.run_info(run_id).project_name == "lab"


def test_run_and_return_gives_the_return_value_or_else_the_task_results(lab_flows):
    assert Flow("double", "lab").run_and_return({"x": 2.0, "factor": 3.0}) == 6.0
    assert Flow("add", "lab").run_and_return({"x": 2.0}) == {"require_positive": 2.0}


def test_the_result_of_one_task(lab_flows):
    assert Flow("double", "lab").run_and_return({"x": 2.0}, "require_positive") == 2.0
    several = Flow("several", "lab").run_and_return({"count": 3}, task_name="require_positive")
    assert several == [0.0, 1.0, 2.0]


def test_wrong_parameters(lab_flows):
    with pytest.raises(ParameterError, match="unknown parameter 'y'"):
        Flow("double", "lab").run({"x": 1.0, "y": 2.0})
    assert lab_flows.runs() == []


def test_a_failure(lab_flows):
    message = "flow 'source' ended as Failed in task 'require_positive': ValueError: x is -1.0"
    with pytest.raises(FlowFailedError, match=message):
        Flow("source", "lab").run_and_return({"x": -1.0})


def test_types_of_parameters_in_words():
    schema = {
        "properties": {
            "a": {},
            "b": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            "c": {"type": "array", "items": {"type": "string"}},
            "d": {"allOf": [{"$ref": "#/definitions/Options"}]},
            "e": {"enum": ["x", "y"], "type": "string", "default": "x"},
            "f": {"type": "array"},
        },
        "required": ["a"],
    }
    assert [(each.type, each.required) for each in flow_parameters(schema)] == [
        ("any", True),
        ("integer or null", False),
        ("array of string", False),
        ("Options", False),
        ("'x' or 'y'", False),
        ("array", False),
    ]
