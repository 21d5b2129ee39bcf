"""What a result was made from, what it made, and the links that say so."""

from __future__ import annotations

from typing import Any

import prefect
import pytest
import ring
from result_documents import document_of

import lume_services
from lume_services import config
from lume_services.errors import LumeServicesError
from lume_services.files import TextFile, TextResult
from lume_services.results import Result
from lume_services.results.documents import references
from lume_services.tasks import load_file, save_file


def links(**fields: Any) -> list[str]:
    fields = {"flow_id": "run", "inputs": {}, "outputs": {}, **fields}
    rep = Result(**fields).insert()
    (document,) = config.current().results_db.find({"unique_hash": rep["unique_hash"]})
    assert len(set(document["links"])) == len(document["links"])
    return document["links"]


def text_file(name: str, text: str) -> TextFile:
    file = TextFile(name)
    file.write(text)
    return file


def test_a_result_without_references_has_no_links() -> None:
    assert links(inputs={"k": [1.0, 2.0]}, outputs={"unique_hash": "no reference"}) == []


def test_files_in_inputs_and_outputs() -> None:
    given, made = text_file("given.txt", "a"), text_file("made.txt", "b")
    inputs = {"nested": [{"file": given}]}
    handed_on = TextResult.from_file(given)
    outputs = {"file": made, "same": [made.jsonable_dict()], "handed on": handed_on}
    assert given.stat
    assert made.stat
    expected = [f"from:file:{given.stat.sha256}", f"made:file:{made.stat.sha256}"]
    assert links(inputs=inputs, outputs=outputs) == expected


def test_parents_and_references_in_inputs_are_sources() -> None:
    first = Result(flow_id="1", inputs={}, outputs={}).insert()
    second = Result(flow_id="2", inputs={}, outputs={}).insert()
    found = links(inputs={"rep": second, "again": first}, parents=(first,))
    assert sorted(found) == sorted(f"from:result:{rep['unique_hash']}" for rep in (first, second))


def test_a_file_of_unknown_content_is_a_source_without_a_link() -> None:
    rep = {
        "file_type": "TextFile",
        "filename": "x",
        "filesystem_identifier": "local",
        "size": None,
        "sha256": None,
    }
    document = document_of(Result(flow_id="1", inputs={"a": rep, "b": rep}, outputs={}))
    assert references.sources(document) == [rep]
    assert references.key(rep) is None
    assert document["links"] == []


def test_links_are_no_contents() -> None:
    plain = Result(flow_id="1", inputs={}, outputs={})
    other = Result(
        flow_id="1",
        inputs={},
        outputs={},
        parents=(Result(flow_id="2", inputs={}, outputs={}).insert(),),
    )
    assert plain == other
    assert plain.insert() == other.insert()


def test_a_refused_result_leaves_no_links() -> None:
    parent = Result(flow_id="2", inputs={}, outputs={}).insert()
    Result(flow_id="1", inputs={}, outputs={"x": 1}).insert()
    with pytest.raises(LumeServicesError, match="run"):
        Result(flow_id="1", inputs={}, outputs={"x": 2}, parents=(parent,)).insert()
    assert list(config.current().results_db.links("from:")) == []


def test_mapped_values_make_the_results_that_they_come_from_sources() -> None:
    ring.run()
    found = ring.documents()
    result = {name: f"result:{document['unique_hash']}" for name, document in found.items()}
    orbit = f"file:{found['track']['outputs']['orbit']['sha256']}"
    assert {name: sorted(document["links"]) for name, document in found.items()} == {
        "optics": [],
        "track": sorted([f"from:{result['optics']}", f"made:{orbit}"]),
        "tunes": [f"from:{orbit}"],
        "compare": sorted([f"from:{result['optics']}", f"from:{result['tunes']}"]),
    }


def test_children_of_children_have_no_sources_of_others() -> None:
    ring.run()
    parent = Result.load_from_query({"flow_name": "compare"})
    assert len(parent.parents) == 2
    reference = Result.load_from_query({"flow_name": "tunes"}).unique_rep()
    flow = config.current().scheduling.register_flow(f"{ring.FLOWS}:again", ring.PROJECT)
    config.current().scheduling.run(flow, {"reference": reference})
    assert Result.load_from_query({"flow_name": "again"}).parents == (reference,)


def test_a_copy_is_made_from_what_it_is_a_copy_of() -> None:
    @prefect.flow
    def copy(rep: dict[str, Any]) -> dict[str, Any]:
        save_file(load_file(rep), "copy.txt", "local", TextFile)
        return Result(inputs={}, outputs={}).insert()

    original = text_file("original.txt", "a").jsonable_dict()
    with lume_services.local_engine():
        rep = copy(original)
    (document,) = config.current().results_db.find({"unique_hash": rep["unique_hash"]})
    digest = original["sha256"]
    assert document["links"] == [f"from:file:{digest}", f"made:file:{digest}"]
    assert references.sources(document) == [original]
    assert [made["filename"] for made in references.products(document)] == [
        original["filename"].replace("original", "copy")
    ]
