"""Results: made, saved once, referred to, found and loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from lume_services import config
from lume_services.errors import (
    InputError,
    NotSerializableError,
    QueryError,
    ResultConflictError,
    ResultNotFoundError,
    ResultsError,
)
from lume_services.results import Result


class Scan(Result):
    unique_on: ClassVar[list[str]] = ["project_name", "inputs"]

    energy: float
    beam: Any = None


class FineScan(Scan):
    step: float = 0.1


def result(flow_id: str = "run", **changes: Any) -> Result:
    fields = {"inputs": {"k1": 1.2}, "outputs": {"size": 0.5}, "project_name": "test", **changes}
    return Result(flow_id=flow_id, **fields)


def test_saved_and_loaded() -> None:
    outputs = {"sizes": np.array([1.0, np.nan]), "nested": {"t": (1, b"x")}}
    saved = result(outputs=outputs, parents=[{"unique_hash": "h"}])
    rep = saved.insert()
    assert rep == saved.unique_rep()
    assert rep == {
        "result_type": "Result",
        "project_name": "test",
        "unique_hash": rep["unique_hash"],
    }
    assert len(rep["unique_hash"]) == 64
    loaded = Result.load(rep)
    assert loaded == saved
    np.testing.assert_array_equal(loaded.outputs["sizes"], outputs["sizes"])
    assert loaded.outputs["nested"] == {"t": (1, b"x")}
    assert loaded.parents == ({"unique_hash": "h"},)
    assert (loaded.created, loaded.host) == (saved.created, saved.host)
    assert loaded.unique_rep() == rep


def test_provenance_outside_a_run() -> None:
    before = datetime.now(UTC)
    made = Result(flow_id="run", inputs={}, outputs={})
    assert before <= made.created <= datetime.now(UTC)
    assert made.created.tzinfo is UTC
    assert made.host
    assert made.project_name == "default"
    assert (made.flow_name, made.flow_run_id, made.package, made.version) == (None,) * 4
    assert made.parents == ()


def test_the_hash_is_over_content_alone() -> None:
    first = result(inputs={"a": 1, "b": {"x": 2, "y": 3}})
    again = result(
        inputs={"b": {"y": 3, "x": 2}, "a": 1},
        created=datetime(2020, 1, 1, tzinfo=UTC),
        host="elsewhere",
        version="2",
    )
    assert again.unique_rep() == first.unique_rep()
    assert again == first
    assert hash(again) == hash(first)
    others = [
        result(inputs={"a": 2}),
        result(outputs={}),
        result("other"),
        result(project_name="p"),
    ]
    assert len({first, *others}) == 5


def test_the_same_result_again_is_one_document() -> None:
    assert result().insert() == result().insert()
    assert len(list(Result.find({}))) == 1


def test_a_second_different_result_of_a_run_is_refused() -> None:
    result().insert()
    with pytest.raises(
        ResultConflictError, match=r"flow run run of project 'test' has saved another .* as files"
    ):
        result(outputs={"size": 0.7}).insert()
    assert [found.outputs for found in Result.find({})] == [{"size": 0.5}]


def test_unique_on_makes_runs_share_a_result() -> None:
    first = Scan(project_name="p", flow_id="1", inputs={"a": 1}, outputs={"x": 1}, energy=2)
    same = Scan(project_name="p", flow_id="2", inputs={"a": 1}, outputs={"x": 1}, energy=2)
    other = Scan(project_name="p", flow_id="3", inputs={"a": 1}, outputs={"x": 2}, energy=2)
    assert first.insert() == same.insert()
    with pytest.raises(ResultConflictError, match=r"but other contents; add .* to unique_on"):
        other.insert()
    assert [found.flow_id for found in Scan.find({})] == ["1"]


def test_subclasses_keep_their_fields_and_are_loaded_as_themselves() -> None:
    beam = np.arange(6.0).reshape(2, 3)
    rep = FineScan(flow_id="1", inputs={}, outputs={}, energy=2, beam=beam).insert()
    assert rep["result_type"].endswith("test_result:FineScan")
    loaded = Result.load(rep)
    assert type(loaded) is FineScan
    assert (loaded.energy, loaded.step) == (2.0, 0.1)
    np.testing.assert_array_equal(loaded.beam, beam)
    assert type(Scan.load(rep)) is FineScan
    assert Scan.load_from_query({"energy": {"$gt": 1}}) == loaded


def test_find_is_of_the_class_and_its_subclasses() -> None:
    result("0").insert()
    Scan(flow_id="1", inputs={"n": 1}, outputs={}, energy=1).insert()
    FineScan(flow_id="2", inputs={"n": 2}, outputs={}, energy=2).insert()
    assert [found.flow_id for found in Result.find({})] == ["0", "1", "2"]
    assert [found.flow_id for found in Scan.find({})] == ["1", "2"]
    assert [found.flow_id for found in FineScan.find({})] == ["2"]
    assert [found.flow_id for found in Scan.find({}, sort=[("energy", -1)], limit=1)] == ["2"]


@pytest.mark.parametrize(
    "query",
    [
        {"outputs.x": {"$gt": 2}},
        {"outputs.x": {"$in": [np.float64(3)]}},
        {"outputs.f": {"$gt": np.float32(1), "$lt": np.inf}},
        {"outputs.t": {"$gt": datetime(2024, 1, 1, tzinfo=UTC)}},
        {"outputs.p": Path("/a")},
        {"$or": [{"outputs.d": timedelta(hours=1)}, {"outputs.x": 99}]},
        {"created": {"$lte": datetime.now(UTC) + timedelta(days=1)}, "outputs.x": {"$ne": 1}},
        {"outputs.l.1": True},
    ],
)
def test_queries_take_values_of_every_comparable_kind(query: dict[str, Any]) -> None:
    result("low", outputs={"x": 1}).insert()
    outputs = {
        "x": 3,
        "f": np.float32(1.5),
        "t": datetime(2024, 1, 1, 2, tzinfo=UTC),
        "p": Path("/a"),
        "d": timedelta(hours=1),
        "l": (0, np.bool_(True)),
    }
    result("high", outputs=outputs).insert()
    if "outputs.l.1" in query:
        query = {"outputs.l.items.1": True}
    assert Result.load_from_query(query).flow_id == "high"


def test_load_from_query_wants_exactly_one() -> None:
    with pytest.raises(ResultNotFoundError, match=r"no Result matches \{'outputs\.x': 1\}; widen"):
        Result.load_from_query({"outputs.x": 1})
    for number in range(3):
        result(str(number)).insert()
    with pytest.raises(ResultsError, match=r"3 results match \{\}, and one is expected; narrow"):
        Result.load_from_query({})
    with pytest.raises(QueryError, match=r"unknown operator '\$regex'"):
        Result.load_from_query({"flow_id": {"$regex": "."}})
    with pytest.raises(QueryError, match=r"cannot search for array"):
        Result.find({"outputs.x": np.array([1])})


def test_load_of_what_is_not_there() -> None:
    with pytest.raises(
        ResultNotFoundError, match="no result h in the results database; it was nev"
    ):
        Result.load({"result_type": "Result", "project_name": "p", "unique_hash": "h"})


@pytest.mark.parametrize("rep", [None, "h", {}, {"unique_hash": 3}, [("unique_hash", "h")]])
def test_load_of_what_is_no_reference(rep: Any) -> None:
    with pytest.raises(InputError, match="a result reference is a dictionary with 'unique_hash'"):
        Result.load(rep)


def test_loading_as_another_class_is_refused() -> None:
    rep = result().insert()
    with pytest.raises(ResultsError, match=r"is a Result, not a .*test_result:Scan; use Result"):
        Scan.load(rep)


def test_an_unknown_type_is_refused_and_imports_nothing() -> None:
    rep = result().insert()
    db = config.current().results_db
    document = next(db.find({}))
    db.delete({})
    db.insert({**document, "result_type": "this:Nothing"})
    with pytest.raises(
        ResultsError,
        match=r"result type 'this:Nothing' is not registered; known are: Result, .*'lume_services",
    ):
        Result.load(rep)
    assert "this" not in sys.modules


def test_documents_of_a_newer_version_or_another_shape_are_refused() -> None:
    rep = result().insert()
    db = config.current().results_db
    document = next(db.find({}))
    for change, message in [
        ({"document_version": 3}, "was written by a newer version of lume-services"),
        ({"surprise": 1}, "Result cannot be made: unknown field 'surprise'; there are: "),
        ({"outputs": {"x": {"@lume": "y"}}}, r"at outputs\.x, the kind 'y' is unknown"),
    ]:
        db.delete({})
        db.insert({**document, **change})
        with pytest.raises((ResultsError, InputError), match=message):
            Result.load(rep)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Result(inputs={}, outputs={}),
            "flow_id is missing: give it, as this is no flow run",
        ),
        (lambda: Result(flow_id="1"), "inputs is missing: give it; outputs is missing: give it"),
        (lambda: result(inputs=[1]), "inputs is of type list: input should be a valid dictionary"),
        (
            lambda: result(flow_id=""),
            "flow_id is of type str: string should have at least 1 character",
        ),
        (lambda: result(outptus={}), "unknown field 'outptus'; did you mean 'outputs'"),
        (lambda: result(nonsense=1), "unknown field 'nonsense'; there are: "),
        (
            lambda: result(created=datetime(2024, 1, 1)),
            "created is of type datetime: .* timezone info",
        ),
    ],
)
def test_malformed_fields(make: Callable[[], Result], message: str) -> None:
    with pytest.raises(InputError, match=f"^Result cannot be made: .*{message}"):
        make()


def test_values_without_json_form_are_refused_at_once() -> None:
    with pytest.raises(NotSerializableError, match=r"^outputs\.beam\[3\]\.x is a builtins\.object"):
        result(outputs={"beam": [0, 1, 2, {"x": object()}]})
    with pytest.raises(NotSerializableError, match=r"^beam\[0\] is a builtins\.type"):
        Scan(flow_id="1", inputs={}, outputs={}, energy=1, beam=[int])


def test_a_result_is_frozen() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        result().flow_id = "other"  # type: ignore[misc]


@pytest.mark.parametrize("names", [(), "inputs", ("created",), ("missing",), None])
def test_malformed_unique_on(names: Any) -> None:
    with pytest.raises(
        InputError, match=r"unique_on of Bad is .*; give a list of one or more of the"
    ):
        type("Bad", (Result,), {"unique_on": names, "__module__": __name__})


def test_reserved_field_names() -> None:
    with pytest.raises(InputError, match="Bad has the field 'unique_hash'; documents use it"):
        type("Bad", (Result,), {"__annotations__": {"unique_hash": str}, "__module__": __name__})


_MODULE = """
from lume_services.results import Result
class Mine(Result):
    unit: str
"""
_LOAD = """
import json, sys
from lume_services.results import Result
if sys.argv[2] == "import":
    import mine
try:
    print(type(Result.load(json.loads(sys.argv[1]))).__name__)
except Exception as error:
    print(error)
"""


def test_another_process_needs_the_users_class(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(_MODULE)
    save = """
from mine import Mine; import json
print(json.dumps(Mine(flow_id='1', inputs={}, outputs={}, unit='m').insert()))
"""

    def run(*arguments: str) -> str:
        command = [sys.executable, "-c", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    rep = run(save)
    assert json.loads(rep)["result_type"] == "mine:Mine"
    unknown = "result type 'mine:Mine' is not registered; known are: Result. Import the module"
    assert run(_LOAD, rep, "as it is").startswith(unknown)
    assert run(_LOAD, rep, "import") == "Mine"
    offer = tmp_path / "mine-1.dist-info"
    offer.mkdir()
    (offer / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
    (offer / "entry_points.txt").write_text("[lume_services.results]\nmine:Mine = mine:Mine\n")
    assert run(_LOAD, rep, "as it is") == "Mine"
