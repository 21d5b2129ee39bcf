"""A flow-of-flows as one Prefect flow."""

from __future__ import annotations

import inspect
from typing import Any

import prefect
import pytest
from flow_records import TEXT_EXAMPLE
from prefect.states import State

import lume_services
from lume_services.errors import ParameterError
from lume_services.flows import FlowOfFlows
from lume_services.services.scheduling.description import describe

TEXTS = {"flow1-text1": "hey", "flow1-text2": "you", "flow3-text2": "hey you"}


@pytest.fixture
def composed(text_flows) -> Any:
    return FlowOfFlows.from_yaml(TEXT_EXAMPLE / "flow_of_flows.yaml").compose()


def test_it_is_a_prefect_flow_with_the_parameters_of_the_flows(composed):
    assert isinstance(composed, prefect.Flow)
    assert composed.name == "flow_of_flows"
    assert composed.description == "Run flow1, flow2, flow3."
    names = ["flow1-text1", "flow1-text2", "flow1-filename", "flow2-text", "flow3-text2"]
    assert list(inspect.signature(composed.fn).parameters) == names
    schema = composed.parameters.model_dump_for_openapi()
    assert list(schema["properties"]) == names
    assert schema["required"] == ["flow1-text1", "flow1-text2", "flow3-text2"]
    assert schema["properties"]["flow1-filename"]["default"] == "text.txt"
    assert describe(composed).parameters["properties"].keys() == {*names}
    assert describe(composed).tasks == ()


def test_it_runs_by_a_call(composed, text_flows):
    with lume_services.local_engine():
        run_ids = composed(**TEXTS)
    assert text_flows.get_result(run_ids["flow3"]) is True
    run = text_flows.runs()[0]
    assert (run.flow_name, run.state_name, run.parameters) == ("flow_of_flows", "Completed", TEXTS)
    assert [child.id for child in text_flows.child_runs(run.id)] == list(run_ids.values())


def test_it_gives_a_state_if_asked(composed):
    with lume_services.local_engine():
        state = composed(**TEXTS, return_state=True)
    assert isinstance(state, State)
    assert state.is_completed()


def test_it_runs_through_the_scheduling_service(composed, text_flows):
    run_ids = text_flows.run_and_return(composed, TEXTS, project_name="test")
    assert text_flows.get_result(run_ids["flow3"]) is True


def test_it_runs_as_a_subflow(composed, text_flows):
    @prefect.flow
    def outer() -> dict[str, str]:
        return composed(**TEXTS)

    with lume_services.local_engine():
        run_ids = outer()
    run = text_flows.runs()[0]
    assert run.flow_name == "outer"
    (inner,) = text_flows.child_runs(run.id)
    assert inner.flow_name == "flow_of_flows"
    assert [child.id for child in text_flows.child_runs(inner.id)] == list(run_ids.values())


def test_options_can_be_set(composed, text_flows):
    renamed = composed.with_options(name="renamed")
    with lume_services.local_engine():
        assert renamed(**TEXTS, **{"flow1-filename": "a.txt", "flow2-text": ""}).keys() == {
            "flow1",
            "flow2",
            "flow3",
        }
    assert text_flows.runs()[0].flow_name == "renamed"


def test_wrong_parameters_are_refused_before_there_is_a_run(composed, text_flows):
    message = (
        r"flow 'flow_of_flows': unknown parameter 'flow1-text', did you mean .*; "
        r"missing required parameters 'flow1-text1', 'flow1-text2', 'flow3-text2'"
    )
    with lume_services.local_engine(), pytest.raises(ParameterError, match=message):
        composed(**{"flow1-text": "a"})
    assert text_flows.runs() == []
