"""A user's own file type: written here, read in another process that knows it, or not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lume_services.errors import UnknownFileTypeError
from lume_services.files import File, FileResult, file_types, from_reference, load_reference

USER = Path(__file__).parent / "user"
ROWS = [["s", "sigma_x"], ["0.0", "1e-4"], ["1.5", "2e-4"]]

WRITE = """
import json
from csv_files import CSVFile
rows = [["s", "sigma_x"], ["0.0", "1e-4"], ["1.5", "2e-4"]]
print(json.dumps(CSVFile(filename="envelope.csv", obj=rows).write()))
"""

# The same type without lume-base, which is slow to import.
OFFERED = """
from csv import reader
from lume_services.files import File

class CSVSerializer:
    def serialize(self, filename, obj):
        raise NotImplementedError

    def deserialize(self, filename):
        with open(filename) as stream:
            return list(reader(stream))

CSVFile = File[CSVSerializer]
"""

READ = """
import json, sys
from lume_services.errors import UnknownFileTypeError
from lume_services.files import load_reference
if len(sys.argv) > 2:
    __import__(sys.argv[2])
before = set(sys.modules)
try:
    print(json.dumps(load_reference(json.loads(sys.argv[1]))))
except UnknownFileTypeError as error:
    print(error)
    print([name for name in set(sys.modules) - before if "csv" in name])
"""


def run(program: str, *arguments: str, path: str | Path = USER, cwd: Path | None = None) -> str:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={"PYTHONPATH": str(path)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(WRITE, cwd=tmp_path_factory.mktemp("saved")))
    return found


def install(tmp_path: Path, entry_points: str) -> Path:
    """Lay out what pip makes of a package that offers the type, and return its directory."""
    site = tmp_path / "site"
    info = site / "beam_tables-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: beam-tables\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    (site / "csv_files.py").write_text(OFFERED)
    return site


def test_the_reference_names_the_serializer(reference: dict[str, Any]) -> None:
    saved = Path(reference["filename"])
    assert saved.read_text() == "s,sigma_x\n0.0,1e-4\n1.5,2e-4\n"
    assert reference["file_type"] == "csv_files:CSVSerializer"
    assert reference["size"] == saved.stat().st_size
    assert sorted(reference) == [
        "file_type",
        "filename",
        "filesystem_identifier",
        "sha256",
        "size",
    ]


def test_another_process_that_imported_the_type_reads_it(reference: dict[str, Any]) -> None:
    assert json.loads(run(READ, json.dumps(reference), "csv_files")) == ROWS


def test_another_process_that_did_not_says_how_to(reference: dict[str, Any]) -> None:
    assert run(READ, json.dumps(reference)) == (
        "file type 'csv_files:CSVSerializer' is not registered; known are: HDF5File, ImageFile, "
        "JSONFile, NumpyFile, OpenPMDFile, TextFile, YAMLFile. Import the module that makes it "
        "with File[...], or install a package that offers it in the entry-point group "
        "'lume_services.files'.\n[]\n"
    )


@pytest.mark.parametrize("offered", ["CSVFile", "CSVSerializer"])
def test_an_installed_package_offers_it(
    offered: str, reference: dict[str, Any], tmp_path: Path
) -> None:
    site = install(tmp_path, f"[lume_services.files]\ncsv = csv_files:{offered}\n")
    assert json.loads(run(READ, json.dumps(reference), path=site)) == ROWS


def test_a_package_that_offers_another_type(reference: dict[str, Any], tmp_path: Path) -> None:
    site = install(tmp_path, "[lume_services.files]\nother = other_files:OtherFile\n")
    output = run(READ, json.dumps(reference), path=site)
    assert "file type 'csv_files:CSVSerializer' is not registered" in output
    assert output.endswith("\n[]\n")


def test_a_name_in_data_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil.py").write_text("open('proof', 'w')\nclass S: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    rep = {"file_type": "evil:S", "filename": "x", "filesystem_identifier": "local"}
    with pytest.raises(UnknownFileTypeError, match=r"^file type 'evil:S' is not registered"):
        from_reference(rep)
    assert not (tmp_path / "proof").exists()
    assert "evil" not in sys.modules


def test_a_type_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Upper:
        def serialize(self, filename: str, obj: str) -> None:
            Path(filename).write_text(obj.upper())

        @staticmethod
        def deserialize(filename: str) -> str:
            return Path(filename).read_text()

    assert File[Upper] is File[Upper]
    name = f"{__name__}:{Upper.__qualname__}"
    assert file_types()[name] is File[Upper]
    reference = File[Upper]("a.txt").write("beam")
    assert load_reference(reference) == "BEAM"
    assert FileResult.from_reference(reference) == FileResult[Upper].from_reference(reference)


def test_a_type_defined_again_replaces_the_first() -> None:
    """As in a notebook whose cell runs twice."""

    def define(text: str) -> type[File[Any]]:
        class Fixed:
            def serialize(self, filename: str, obj: object) -> None:
                Path(filename).write_text(text)

            def deserialize(self, filename: str) -> str:
                return text

        return File[Fixed]

    reference = define("one")("a.txt").write(0)
    define("two")
    assert load_reference(reference) == "two"
