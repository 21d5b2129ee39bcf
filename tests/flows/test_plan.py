"""What a validated flow-of-flows is: an order, and an origin for every parameter."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flow_records import TEXT_EXAMPLE, TEXT_FLOWS, by_name, flow_record
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import ParameterError, SpecificationError
from lume_services.flows.plan import Plan, make_plan
from lume_services.services.scheduling.schema.flow_of_flows_schema import read_specification

FILE = TEXT_EXAMPLE / "flow_of_flows.yaml"


@pytest.fixture
def text_plan() -> Plan:
    return make_plan(read_specification(FILE), TEXT_FLOWS)


def test_nodes(text_plan: Plan):
    assert [(node.name, node.parents) for node in text_plan.nodes] == [
        ("flow1", ()),
        ("flow2", ("flow1",)),
        ("flow3", ("flow2",)),
    ]
    assert [list(node.mappings) for node in text_plan.nodes] == [[], ["file_rep"], ["text1"]]


def test_the_composed_flow(text_plan: Plan):
    record = text_plan.record
    assert (record.name, record.project_name) == ("flow_of_flows", "test")
    assert record.labels == ("lume-services",)
    assert list(record.parameters["properties"]) == [
        "flow1-text1",
        "flow1-text2",
        "flow2-text",
        "flow3-text2",
    ]
    assert record.parameters["required"] == ["flow1-text1", "flow3-text2"]
    assert record.parameters["properties"]["flow1-text2"] == {
        "type": "string",
        "default": "x",
        "title": "flow1-text2",
        "position": 1,
    }


def test_parameters_go_to_their_flows(text_plan: Plan):
    given_values = {"flow1-text1": "a", "flow3-text2": "b", "flow2-text": ""}
    assert text_plan.assign(given_values) == {
        "flow1": {"text1": "a"},
        "flow2": {"text": ""},
        "flow3": {"text2": "b"},
    }


def test_missing_and_unknown_parameters_are_refused_at_once(text_plan: Plan):
    with pytest.raises(ParameterError, match="flow 'flow_of_flows'") as raised:
        text_plan.assign({"flow1-txt1": "a", "text1": "b", "flow2-file_rep": {}})
    message = str(raised.value)
    assert "unknown parameter 'flow1-txt1', did you mean 'flow1-text1'" in message
    assert "unknown parameter 'text1'" in message
    assert "unknown parameter 'flow2-file_rep'" in message
    assert "missing required parameters 'flow1-text1', 'flow3-text2'" in message


def test_a_parameter_that_is_not_json_is_refused(text_plan: Plan):
    message = "parameter 'flow1-text1' is not JSON-serialisable: complex"
    with pytest.raises(ParameterError, match=message):
        text_plan.assign({"flow1-text1": 1j, "flow3-text2": "b"})


def test_definitions_of_two_flows_do_not_mix():
    reference = {"allOf": [{"$ref": "#/definitions/Options"}]}
    records = by_name(
        flow_record("a", {"o": reference}, definitions={"Options": {"type": "object"}}),
        flow_record(
            "b",
            {"o": {"type": "array", "items": {"$ref": "#/definitions/Options"}}},
            definitions={"Options": {"anyOf": [{"$ref": "#/definitions/Inner"}]}, "Inner": {}},
        ),
    )
    flows = [{"name": name, "project_name": "test"} for name in "ab"]
    plan = make_plan(
        read_specification({"name": "f", "project_name": "p", "composing_flows": flows}), records
    )
    schema = plan.record.parameters
    assert schema["properties"]["a-o"]["allOf"] == [{"$ref": "#/definitions/a-Options"}]
    assert schema["properties"]["b-o"]["items"] == {"$ref": "#/definitions/b-Options"}
    assert schema["definitions"] == {
        "a-Options": {"type": "object"},
        "b-Options": {"anyOf": [{"$ref": "#/definitions/b-Inner"}]},
        "b-Inner": {},
    }


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a flow-of-flows whose flows take from flows before them."""
    flows: list[dict[str, Any]] = []
    for position in range(draw(st.integers(1, 8))):
        mapped = {}
        for parameter in draw(st.sets(st.sampled_from("xyz"))) if position else ():
            parent = draw(st.integers(0, position - 1))
            mapped[parameter] = {
                "parent_flow_name": f"flow{parent}",
                "parent_project_name": "test",
                "parent_task_name": draw(st.sampled_from([None, "save", "compute"])),
                "map_type": draw(st.sampled_from(["raw", "file", "db"])),
            }
        flow = {"name": f"flow{position}", "project_name": "test", "mapped_parameters": mapped}
        flows.append(flow)
    return {"name": "f", "project_name": "p", "composing_flows": flows}


RECORDS = by_name(
    *(
        flow_record(
            f"flow{i}",
            {"x": {}, "y": {}, "z": {}},
            {"save": None, "compute": None},
            required=("x",),
        )
        for i in range(8)
    )
)


@given(graphs())
def test_parents_come_first_and_every_parameter_has_one_origin(source: dict[str, Any]):
    plan = make_plan(read_specification(source), RECORDS)
    position = {node.name: i for i, node in enumerate(plan.nodes)}
    for node in plan.nodes:
        assert all(position[parent] < position[node.name] for parent in node.parents)
        assert {mapping.parent_flow_name for mapping in node.mappings.values()} == {*node.parents}
        assert sorted([*node.mappings, *node.parameters.values()]) == ["x", "y", "z"]
    names = [name for node in plan.nodes for name in node.parameters]
    assert list(plan.record.parameters["properties"]) == names
    assert len(set(names)) == len(names)
    values = {name: name for name in names}
    assigned = plan.assign(values)
    assert {f"{f}-{p}": v for f, given_ in assigned.items() for p, v in given_.items()} == values


BREAKS: dict[str, Any] = {
    "has no parameter 'w'": lambda flow, mapped: mapped.update(w=mapped.pop(next(iter(mapped)))),
    "has no task 'sav'": lambda flow, mapped: _first(mapped).update(parent_task_name="sav"),
    "is not listed": lambda flow, mapped: _first(mapped).update(parent_flow_name="nobody"),
    "not 'tset'": lambda flow, mapped: _first(mapped).update(parent_project_name="tset"),
    "unknown key 'colour'": lambda flow, mapped: flow.update(colour="red"),
    "map_type is 'fiel'": lambda flow, mapped: _first(mapped).update(map_type="fiel"),
    "is a cycle": lambda flow, mapped: _first(mapped).update(parent_flow_name=flow["name"]),
}


def _first(mapped: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = next(iter(mapped.values()))
    return first


@given(
    graphs().filter(lambda g: any(f["mapped_parameters"] for f in g["composing_flows"])), st.data()
)
def test_one_broken_thing_is_one_problem(source: dict[str, Any], data: st.DataObject):
    mapping_flows = [flow for flow in source["composing_flows"] if flow["mapped_parameters"]]
    flow = data.draw(st.sampled_from(mapping_flows))
    message, break_it = data.draw(st.sampled_from(sorted(BREAKS.items())))
    break_it(flow, flow["mapped_parameters"])
    with pytest.raises(SpecificationError, match=re.escape(message)) as raised:
        make_plan(read_specification(source), RECORDS)
    assert len(raised.value.problems) == 1


def calls_to_plan(file: Path, flows: int) -> int:
    """Return how many functions are called until a composition is planned."""
    lines = ["name: big", "project_name: test", "composing_flows:"]
    for i in range(flows):
        lines += [f"  - name: flow{i}", "    project_name: test"]
        if i:
            lines.append("    mapped_parameters:")
            for parameter in "xy":
                lines += [
                    f"      {parameter}:",
                    f"        parent_flow_name: flow{i // 2}",
                    "        parent_project_name: test",
                    "        parent_task_name: save",
                ]
    file.write_text("\n".join(lines))
    records = by_name(
        *(flow_record(f"flow{i}", {"x": {}, "y": {}}, {"save": None}) for i in range(flows))
    )
    calls: Counter[str] = Counter()
    sys.setprofile(lambda frame, kind, argument: calls.update((kind,)))
    try:
        plan = make_plan(read_specification(file), records)
    finally:
        sys.setprofile(None)
    assert len(plan.nodes) == flows
    return calls["call"]


def test_the_work_to_plan_grows_as_the_number_of_flows(tmp_path):
    file = tmp_path / "big.yaml"
    calls_to_plan(file, 2)
    assert calls_to_plan(file, 1000) < 11 * calls_to_plan(file, 100)
