"""Results as RO-Crates."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ring

from lume_services import config
from lume_services.errors import InputError, PluginError
from lume_services.results import Result, crate
from lume_services.results.crate import Packed
from lume_services.results.lookup import document_of

PROFILE = "https://w3id.org/ro/wfrun"


def export(ref: Any, path: Path, **options: Any) -> Packed:
    services = config.current()
    return crate.export(document_of(ref, services.results_db), path, services, **options)


def graph(folder: Path) -> dict[str, dict[str, Any]]:
    metadata = json.loads((folder / "ro-crate-metadata.json").read_text())
    return {entity["@id"]: entity for entity in metadata["@graph"]}


def ids(value: Any) -> list[str]:
    return [each["@id"] for each in (value if isinstance(value, list) else [value])]


def only(entities: dict[str, dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = [e for e in entities.values() if kind in np.atleast_1d(e["@type"])]
    return found


def test_a_run_with_its_workflow_files_and_parameters(tmp_path: Path) -> None:
    ring.run(**{"track-turns": 32})
    document = ring.documents()["track"]
    packed = export(document["unique_hash"], tmp_path / "crate", license_text="CC0-1.0")
    assert (packed.profile, packed.missing) == ("Workflow Run Crate", ())
    found = graph(tmp_path / "crate")
    root = found["./"]
    assert root["license"] == "CC0-1.0"
    assert ids(root["conformsTo"])[:2] == [f"{PROFILE}/process/0.5", f"{PROFILE}/workflow/0.5"]
    workflow = found[root["mainEntity"]["@id"]]
    assert workflow["@id"] == "workflow/ring_flows.py"
    action = only(found, "CreateAction")
    assert action["instrument"] == root["mainEntity"]
    assert action["startTime"] <= action["endTime"]
    values = {found[each]["name"]: found[each].get("value") for each in ids(action["object"])}
    optics = ring.documents()["optics"]["unique_hash"]
    assert values == {f"Result {optics}": None, "q": 0.25, "turns": 32}
    slots = {found[each]["name"]: found[each]["additionalType"] for each in ids(workflow["input"])}
    assert slots == {"q": "Float", "turns": "Integer"}
    result, orbit = ids(action["result"])
    assert json.loads((tmp_path / "crate" / result).read_text()) == document
    reference = document["outputs"]["orbit"]
    assert found[orbit]["sha256"] == reference["sha256"]
    requirements = next((tmp_path / "crate").glob("environments/*/requirements.txt"))
    assert f"numpy=={np.__version__}\n" in requirements.read_text()


def test_every_file_has_the_size_and_digest_that_the_crate_says(tmp_path: Path) -> None:
    ring.run()
    export(ring.documents()["tunes"]["unique_hash"], tmp_path / "crate", upstream=True)
    found = graph(tmp_path / "crate")
    files = [e for e in found.values() if "File" in np.atleast_1d(e["@type"])]
    assert len(files) == 6
    for entity in files:
        content = (tmp_path / "crate" / entity["@id"]).read_bytes()
        if "sha256" in entity:
            assert hashlib.sha256(content).hexdigest() == entity["sha256"]
            assert str(len(content)) == entity["contentSize"]
    assert {e["@id"] for e in files} <= set(ids(found["./"]["hasPart"]))


def test_upstream_runs_are_joined_by_files_and_results(tmp_path: Path) -> None:
    ring.run()
    document = ring.documents()["compare"]
    packed = export(document["unique_hash"], tmp_path / "all.zip", upstream=True)
    assert packed.missing == ()
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "all")
    found = graph(tmp_path / "all")
    actions = [e for e in found.values() if e["@type"] == "CreateAction"]
    assert sorted(ids(found["./"]["mentions"])) == sorted(action["@id"] for action in actions)
    made = {each: a["name"] for a in actions for each in ids(a["result"])}
    joined = {
        (made[each].split()[3], action["name"].split()[3])
        for action in actions
        for each in ids(action.get("object", []))
        if each in made
    }
    assert joined == {
        ("optics", "track"),
        ("track", "tunes"),
        ("tunes", "compare"),
        ("optics", "compare"),
    }


def test_large_values_are_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__INLINE_LIMIT", "1KiB")
    config.reset()
    rep = Result(flow_id="1", inputs={}, outputs={"beam": np.arange(1000.0)}).insert()
    export(rep, tmp_path / "crate")
    (value,) = (tmp_path / "crate" / "values").iterdir()
    assert hashlib.sha256(value.read_bytes()).hexdigest() == value.stem


def test_a_result_without_a_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_IMAGE", "model:1")
    rep = Result(flow_id="by hand", inputs={}, outputs={"x": 1}).insert()
    packed = export(rep, tmp_path / "crate")
    assert packed.profile == "Process Run Crate"
    found = graph(tmp_path / "crate")
    assert ids(found["./"]["conformsTo"]) == [f"{PROFILE}/process/0.5"]
    action = only(found, "CreateAction")
    assert found[action["instrument"]["@id"]]["@type"] == "SoftwareApplication"
    assert found[action["containerImage"]["@id"]]["name"] == "model:1"


def test_what_is_missing_is_named_and_said(tmp_path: Path) -> None:
    gone = {"result_type": "Result", "project_name": "p", "unique_hash": "f" * 64}
    lost = {
        "file_type": "TextFile",
        "filename": str(tmp_path / "lost.txt"),
        "filesystem_identifier": "local",
        "size": 1,
        "sha256": "1" * 64,
    }
    rep = Result(flow_id="1", inputs={"file": lost}, outputs={}, parents=(gone,)).insert()
    packed = export(rep, tmp_path / "crate")
    assert len(packed.missing) == 2
    assert "lost.txt" in packed.missing[0]
    assert packed.missing[1] == f"result {'f' * 64} is not in the database"
    found = graph(tmp_path / "crate")
    kinds = [found[each]["@type"] for each in ids(only(found, "CreateAction")["object"])]
    assert kinds == ["CreativeWork", "CreativeWork"]


def test_a_file_of_unknown_content_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    rep = {
        "file_type": "TextFile",
        "filename": str(tmp_path / "secret"),
        "filesystem_identifier": "local",
        "size": None,
        "sha256": None,
    }
    packed = export(
        Result(flow_id="1", inputs={"file": rep}, outputs={}).insert(), tmp_path / "crate"
    )
    assert packed.missing == (f"file '{tmp_path}/secret' has no known content to check",)
    assert [path for path in (tmp_path / "crate").rglob("*") if path.name == "secret"] == []


def test_where_no_crate_can_be_written(tmp_path: Path) -> None:
    rep = Result(flow_id="1", inputs={}, outputs={}).insert()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(InputError, match="is there already"):
        export(rep, tmp_path / "full")
    with pytest.raises(InputError, match="there is no folder"):
        export(rep, tmp_path / "no" / "crate.zip")
    (tmp_path / "empty").mkdir()
    export(rep, tmp_path / "empty")
    export(rep, tmp_path / "again.zip")
    export(rep, tmp_path / "again.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.zip", "empty", "full"]


def test_the_library_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rep = Result(flow_id="1", inputs={}, outputs={}).insert()
    monkeypatch.setitem(sys.modules, "rocrate", None)
    monkeypatch.setitem(sys.modules, "rocrate.rocrate", None)
    monkeypatch.delitem(sys.modules, "lume_services.results.crate.contents", raising=False)
    for name in list(sys.modules):
        if name.startswith("rocrate."):
            monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(PluginError, match="lume-services\\[crate\\]"):
        export(rep, tmp_path / "crate")
    assert list(tmp_path.iterdir()) == []
