"""Clashes between what a task is annotated to return and what a parameter takes."""

from __future__ import annotations

from typing import Any

import pytest
from flow_records import NUMBER, REFERENCE, TEXT, by_name, flow_record

from lume_services.errors import SpecificationError
from lume_services.flows.plan import make_plan
from lume_services.services.scheduling.schema.flow_of_flows_schema import read_specification


def problems(source: dict[str, Any]) -> list[str]:
    with pytest.raises(SpecificationError, match=r"\S") as raised:
        make_plan(read_specification(source), UP_AND_DOWN)
    return list(raised.value.problems)


def mapping(map_type: str, parameter: str = "x", **more: Any) -> dict[str, Any]:
    given = {"parent_flow_name": "up", "parent_project_name": "test", "map_type": map_type, **more}
    return {
        "name": "f",
        "project_name": "p",
        "composing_flows": [
            {"name": "up", "project_name": "test"},
            {"name": "down", "project_name": "test", "mapped_parameters": {parameter: given}},
        ],
    }


UP_AND_DOWN = by_name(
    flow_record(
        "up",
        tasks={
            "number": NUMBER,
            "text": TEXT,
            "save": REFERENCE,
            "unknown": None,
            "nested": {"type": "object", "properties": {"n": {"type": "integer"}}},
        },
        returns={"type": "array", "items": NUMBER},
    ),
    flow_record(
        "down",
        {
            "x": TEXT,
            "n": NUMBER,
            "any": {},
            "rep": REFERENCE,
            "texts": {"type": "array", "items": TEXT},
        },
    ),
)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            mapping("raw", parent_task_name="number"),
            (
                "task 'number' of flow 'up' returns number, but parameter 'x' of flow 'down' "
                "takes string."
            ),
        ),
        (
            mapping("raw", parent_task_name="nested", attribute_index=["n"]),
            (
                "task 'nested' of flow 'up' returns integer, but parameter 'x' of flow 'down' "
                "takes string."
            ),
        ),
        (
            mapping("raw", "texts"),
            (
                "flow 'up' returns array of number, but parameter 'texts' of flow 'down' takes "
                "array of string."
            ),
        ),
        (
            mapping("file", "rep", parent_task_name="text"),
            (
                "task 'text' of flow 'up' returns string, but a file mapping needs the reference "
                "that save_file returns; name that task, or use map_type raw."
            ),
        ),
        (
            mapping("db", "n", parent_task_name="text", attribute_index=["outputs"]),
            (
                "task 'text' of flow 'up' returns string, but a db mapping needs the reference "
                "that save_db_result returns; name that task, or use map_type raw."
            ),
        ),
        (
            mapping("file", "x", parent_task_name="save"),
            (
                "a file mapping hands on a reference (object), but parameter 'x' of flow 'down' "
                "takes string."
            ),
        ),
        (
            mapping("db", "x", parent_task_name="save"),
            (
                "a db mapping hands on a reference (object), but parameter 'x' of flow 'down' "
                "takes string."
            ),
        ),
    ],
)
def test_a_clash_of_types(source: dict[str, Any], message: str):
    parameter = next(iter(source["composing_flows"][1]["mapped_parameters"]))
    place = f"composing_flows[1].mapped_parameters.{parameter}"
    assert problems(source) == [f"{place}: {message}"]


@pytest.mark.parametrize(
    "source",
    [
        mapping("raw", parent_task_name="unknown"),
        mapping("raw", "any", parent_task_name="number"),
        mapping("raw", "n", parent_task_name="nested", attribute_index=["n"]),
        mapping("raw", "x", parent_task_name="nested", attribute_index=["other", 0]),
        mapping("raw", "texts", parent_task_name="text"),
        mapping("file", "rep", parent_task_name="unknown"),
        mapping("db", "x", parent_task_name="save", attribute_index=["outputs"]),
        mapping("db", "rep", parent_task_name="save"),
    ],
)
def test_what_may_fit_is_no_clash(source: dict[str, Any]):
    assert len(make_plan(read_specification(source), UP_AND_DOWN).nodes) == 2
