"""RO-Crates from the command line."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from cli_calling import Cli

from lume_services import Result


def test_a_crate(cli: Cli, tmp_path: Path) -> None:
    gone = {"result_type": "Result", "project_name": "p", "unique_hash": "f" * 64}
    Result(flow_id="one", inputs={}, outputs={"x": 1}, parents=(gone,)).insert()
    code, out, err = cli("results", "crate", "one", "-o", "one.zip", "--license", "CC0-1.0")
    assert (code, err) == (0, f"not packed: result {'f' * 64} is not in the database\n")
    assert out.splitlines() == ["crate    one.zip", "profile  Process Run Crate"]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        metadata = json.loads(archive.read("ro-crate-metadata.json"))
    root = next(entity for entity in metadata["@graph"] if entity["@id"] == "./")
    assert root["license"] == "CC0-1.0"
    document = json.loads(cli("--json", "results", "crate", "one", "--output", "folder").out)
    assert document["crate"] == "folder"
    assert (tmp_path / "folder" / "ro-crate-metadata.json").is_file()


def test_bad_input(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("results", "crate", "nope", "-o", "one.zip")
    assert (code, out) == (2, "")
    assert "begins with 'nope'" in err
    code, out, err = cli("results", "crate", "nope", "-o", "none/one.zip")
    assert (code, out) == (2, "")
    assert "there is no folder 'none'" in err
    assert list(tmp_path.iterdir()) == []
