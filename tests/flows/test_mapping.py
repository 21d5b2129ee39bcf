"""From a parent's result to a child's parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lume_services import Result
from lume_services.errors import ParameterError
from lume_services.flows.mapping import map_value
from lume_services.services.scheduling.schema.flow_of_flows_schema import MappedParameter

FILE_REP = {"file_type": "TextFile", "filename": "a.txt", "filesystem_identifier": "local"}


def mapping(map_type: Any = "raw", index: Any = None, task: str | None = "save") -> MappedParameter:
    return MappedParameter(
        parent_flow_name="up",
        parent_project_name="test",
        parent_task_name=task,
        map_type=map_type,
        attribute_index=index,
    )


def mapped(mapping: MappedParameter, result: Any) -> Any:
    return map_value(mapping, result, "x", "down")


@pytest.mark.parametrize("value", [0, "", [], None, {"a": [1, 2.5, None]}])
def test_raw_values_are_handed_on(value: Any):
    assert mapped(mapping(), value) == value


def test_a_part_of_a_raw_value():
    assert mapped(mapping(index=["a", 1]), {"a": [1, 2.5]}) == 2.5


def test_a_part_that_is_not_there():
    message = r"parameter 'x' of flow 'down': task 'save' of flow 'up': attribute_index .*no 'b' at"
    with pytest.raises(ParameterError, match=message):
        mapped(mapping(index=["b"]), {"a": 1})


def test_a_file_reference_is_handed_on_also_several():
    assert mapped(mapping("file"), FILE_REP) == FILE_REP
    assert mapped(mapping("file"), [FILE_REP, FILE_REP]) == [FILE_REP, FILE_REP]


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ("a.txt", "str"),
        (None, "nothing"),
        ({"filename": "a.txt"}, "a dictionary with 'filename'"),
        ([FILE_REP, 3], "int"),
    ],
)
def test_a_file_mapping_of_something_else(result: Any, shown: str):
    message = (
        f"parameter 'x' of flow 'down': task 'save' of flow 'up' returned {shown}, but a file "
        "mapping needs the reference that save_file returns; name the task that saves, or use"
    )
    with pytest.raises(ParameterError, match=message):
        mapped(mapping("file"), result)


def test_a_db_mapping_of_something_else():
    message = "flow 'up' returned a dictionary with 'file_type', 'filename', .*save_db_result"
    with pytest.raises(ParameterError, match=message):
        mapped(mapping("db", task=None), FILE_REP)


@pytest.fixture
def reference() -> dict[str, Any]:
    result = Result(
        project_name="test",
        flow_id="1",
        inputs={"k": 1.5},
        outputs={"output1": "text", "array": np.arange(3.0), "list": [1, 2]},
    )
    result.insert()
    return result.unique_rep()


def test_a_db_reference_is_handed_on(reference: dict[str, Any]):
    assert mapped(mapping("db"), reference) == reference


def test_a_part_of_a_db_result(reference: dict[str, Any]):
    assert mapped(mapping("db", ["outputs", "output1"]), reference) == "text"
    assert mapped(mapping("db", ["inputs", "k"]), reference) == 1.5
    assert mapped(mapping("db", ["outputs", "list", 1]), [reference, reference]) == [2, 2]


def test_a_part_of_a_db_result_that_is_not_there(reference: dict[str, Any]):
    message = r"task 'save' of flow 'up': attribute_index \['outputs', 'output2'\]: no 'output2'"
    with pytest.raises(ParameterError, match=message):
        mapped(mapping("db", ["outputs", "output2"]), reference)


def test_a_db_result_that_is_gone(reference: dict[str, Any]):
    with pytest.raises(ParameterError, match="no result 0000 in the results database"):
        mapped(mapping("db", ["outputs"]), {**reference, "unique_hash": "0000"})


def test_an_array_from_the_database_is_refused_with_the_ways_out(reference: dict[str, Any]):
    message = (
        r"parameter 'x' of flow 'down': task 'save' of flow 'up' gives numpy\.ndarray "
        r"\(attribute_index \['outputs', 'array'\]\), but a flow's parameter must be JSON\. Let "
        r"the parent save a list or a number \(x\.tolist\(\), float\(x\)\), or hand on the ref"
    )
    with pytest.raises(ParameterError, match=message):
        mapped(mapping("db", ["outputs", "array"]), reference)
