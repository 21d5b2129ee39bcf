"""Documents that somebody else has written into the database: each is refused or inert."""

from __future__ import annotations

import copy
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from result_documents import document_of

from lume_services import Result, Results, config
from lume_services.errors import LumeServicesError, ResultsError
from lume_services.results import lookup
from lume_services.results.difference import diff
from lume_services.results.documents import document as documents
from lume_services.results.documents import references
from lume_services.results.lineage import jsonable, lineage
from lume_services.results.origin import environment
from lume_services.results.repetition import repetition
from lume_services.results.stores import copying, integrity

HASH = "hostile"
FILE = {
    "file_type": "os:system",
    "filename": "/etc/passwd",
    "filesystem_identifier": "local",
    "size": None,
    "sha256": None,
}


def good() -> dict[str, Any]:
    """Return a document as a JSON text would give it."""
    made = Result(
        project_name="p",
        flow_id="good",
        flow_name="f",
        flow_run_id="r",
        inputs={"x": 1.0, "file": {**FILE, "sha256": "1" * 64, "size": 3}},
        outputs={"y": 2.0, "array": np.arange(3.0), "items": (1, {"a": "b"})},
    )
    return {**json.loads(json.dumps(document_of(made))), "unique_hash": HASH}


def plant(document: dict[str, Any]) -> None:
    """Write a document past the library."""
    path = config.current().settings.results_db_url.removeprefix("sqlite:///")
    db = config.current().results_db
    db.count({})  # makes the tables
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM results")
        connection.execute(
            "INSERT INTO results (unique_hash, content_hash, project_name, flow_id, data) "
            "VALUES (?, 'c', 'p', 'h', ?)",
            (HASH, json.dumps(document)),
        )


def _copied() -> None:
    document = next(config.current().results_db.find({}))
    integrity.check(document, config.current().values)
    list(integrity.values_of(document, config.current().values))


def _document() -> dict[str, Any]:
    return lookup.document_of(HASH, config.current().results_db)


USES: dict[str, Callable[[], Any]] = {
    "find": lambda: [hash(result) for result in Result.find({})],
    "load": lambda: Result.load({"unique_hash": HASH}),
    "html": lambda: [result._repr_html_() for result in Results().find()],
    "table": lambda: Results().find().to_dataframe(),
    "page": lambda: Results().find()._repr_html_(),
    "grid": lambda: Results().find().to_xarray(["inputs.x"]),
    "csv": lambda: Results().find().export("a.csv"),
    "lines": lambda: Results().find().export("a.jsonl"),
    "parquet": lambda: Results().find().export("a.parquet"),
    "lineage": lambda: jsonable(lineage(HASH)),
    "picture": lambda: lineage(HASH).picture(),
    "difference": lambda: diff(*(Result.load({"unique_hash": HASH}) for _ in range(2))),
    "repetition": lambda: repetition(_document(), config.current()).command,
    "copy": _copied,
}


def use_all() -> None:
    for use in USES.values():
        with suppress(LumeServicesError):
            use()


def test_the_good_document_is_read_by_all() -> None:
    plant(good())
    for name, use in USES.items():
        if name not in ("repetition", "copy"):  # it has no parameters, and another hash
            use()


DEEP: Any = 1
for _ in range(400):
    DEEP = {"a": DEEP}

VALUES = [
    *(None, True, -1, 2**62, "", "x", "a\0b", "A" * 10_000, [], {}, [[1]], DEEP, [DEEP]),
    *({"$where": "1"}, {"__proto__": {}}, {"a.b": 1}, "'; DROP TABLE results; --"),
    *({"@lume": "x"}, {"@lume": None}, {"@lume": []}, {"@lume": "decimal", "text": "sNaN"}),
    {"@lume": "stored", "sha256": "../../../etc/passwd", "size": 3},
    {"@lume": "stored", "sha256": "0" * 64, "size": 10**15},
    *(
        {
            "@lume": "ndarray",
            "shape": [10**12],
            "dtype": dtype,
            "data": {"@lume": "stored", "sha256": "0" * 64, "size": 8 * 10**12 + 128},
        }
        for dtype in ("<f8", "|O")
    ),
    {"@lume": "index", "range": [0, 10**15, 1], "names": [None]},
    {"@lume": "enum", "class": "os:system", "member": "x"},
    *(FILE, {"@lume": "file", "reference": FILE}, {**FILE, "sha256": []}, {**FILE, "size": "x"}),
    *({**FILE, "filename": None}, {**FILE, "filename": "/dev/zero", "sha256": "0" * 64, "size": 0}),
    {"result_type": "os:system", "project_name": 1, "unique_hash": []},
    *(["value:../../x"], ["value:*"], [""], [1], "this.s:flow", "../../x.py:flow"),
]


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: Any = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    return [at] * bool(at) + [place for key, each in items for place in _places(each, (*at, key))]


PLACES = {
    *_places({"provenance": dict.fromkeys(("entrypoint", "parameters", "saved", "started"))}),
    *((name,) for name in ("result_type", "content_hash", "project_name", "flow_id", "links")),
    *((name,) for name in ("document_version", "inputs", "outputs", "parents", "created", "host")),
    *(("inputs", "x"), ("inputs", "file"), ("outputs", "y"), ("outputs", "array")),
    *((*("outputs", "array"), name) for name in ("shape", "dtype", "data", "@lume")),
    *(("outputs", "items", "items"), ("created", "local"), ("created", "zone"), ("flow_run_id",)),
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(PLACES)), st.sampled_from(VALUES), min_size=1))
def test_any_document_is_refused_or_inert(changes: dict[tuple[str, ...], Any]) -> None:
    document = good()
    for (*above, name), value in changes.items():
        part: Any = document
        for key in above:
            part = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, dict):
            part[name] = copy.deepcopy(value)
    plant(document)
    use_all()


@pytest.mark.parametrize("name", ["inputs", "parents", "created", "document_version", "flow_id"])
def test_what_is_no_result_is_refused_by_its_hash(name: str) -> None:
    document = good()
    del document[name]
    plant(document)
    for use in ("find", "load", "lineage", "repetition", "copy"):
        with pytest.raises(ResultsError, match=f"document 'hostile' .* its {name} is missing"):
            USES[use]()


def test_a_hash_that_is_a_path_is_refused() -> None:
    with pytest.raises(ResultsError, match="its unique_hash is missing or malformed"):
        documents.check({**good(), "unique_hash": "../../x"})


def test_a_field_of_another_type_is_refused() -> None:
    plant({**good(), "host": 3})
    for use in ("load", "repetition"):
        with pytest.raises(ResultsError, match=r"result hostile cannot be loaded: .*host is of"):
            USES[use]()


def test_a_reference_of_another_form_is_no_reference() -> None:
    assert not references.is_reference({**FILE, "filename": ["x"]})
    assert not references.is_reference({"result_type": "a", "project_name": 1, "unique_hash": []})
    assert list(references.sources({"inputs": {"a": DEEP}, "parents": []})) == []


def test_links_name_no_file_outside(tmp_path: Path) -> None:
    assert references.values({"links": ["value:*", "value:../../x", "value:" + "a" * 64]}) == [
        "a" * 64
    ]


def test_no_module_is_imported_because_a_document_names_it(tmp_path: Path) -> None:
    document = good()
    made = {**document["provenance"], "parameters": {}, "entrypoint": "antigravity.inside:flow"}
    plant({**document, "provenance": made})
    assert "run antigravity.inside:flow" in USES["repetition"]()
    assert "antigravity" not in sys.modules


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    texts = {"a": "=1+1", "b": "+1", "c": "-1", "d": "@x", "e": "\tx", "f": "a=1"}
    outputs = {**texts, "number": -1.5, "=key": "x"}
    Result(project_name="p", flow_id="1", inputs={}, outputs=outputs).insert()
    Results().find().export("a.csv")
    head, line = Path("a.csv").read_text().splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=True))
    shown = [cells[f"outputs.{name}"] for name in (*texts, "number", "=key")]
    assert shown == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=1", "-1.5", "x"]


def test_copying_names_what_is_no_result(tmp_path: Path) -> None:
    document = good()
    del document["content_hash"]
    plant(document)
    with pytest.raises(ResultsError, match="hostile"):
        list(copying._heads(config.current().results_db, {}))


def test_packages_are_named_by_a_digest() -> None:
    for digest in (3, ["a"], "../../x", None):
        assert environment.packages(digest, config.current()) is None
