"""Files of results that wait: inserted later, once, or left with a reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spooled import BEAM, loaded, refused, result, using

from lume_services import Result, config
from lume_services.cli.main import main
from lume_services.errors import InputError
from lume_services.results.origin import environment
from lume_services.results.stores.flushing import Flushed, flush


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a database whose folder cannot be made before `mend`."""
    (tmp_path / "folder").write_text("")
    return f"sqlite:///{tmp_path}/folder/results.sqlite"


def mend(tmp_path: Path) -> None:
    (tmp_path / "folder").unlink()


@pytest.fixture
def waiting(url: str, tmp_path: Path) -> Iterator[Path]:
    """Give the file of a result that waits; the database can be used again."""
    with using(url):
        file = refused(result(0), match=r"cannot write.*Not a directory.*The result is kept in")
        mend(tmp_path)
        yield file


def test_a_result_is_inserted_as_it_was(waiting: Path) -> None:
    environment._kept.clear()
    assert flush() == Flushed(inserted=1)
    found = Result.load_from_query({"flow_id": "0"})
    assert found == result(0)
    assert np.array_equal(found.outputs["beam"], BEAM)
    made = found.provenance
    assert made is not None
    assert environment.packages(made.environment, config.current()) == environment.installed()
    assert result(0).insert() == found.unique_rep()
    assert config.current().results_db.count({}) == 1


def test_a_large_array_that_was_loaded_waits_too(url: str, tmp_path: Path, lume_home: Path) -> None:
    with using(f"sqlite:///{lume_home}/one.sqlite"):
        result(0).insert()
        array = loaded(0)
        with using(url):
            refused(result(5, again=array, twice=[array, BEAM]))
            mend(tmp_path)
            assert flush() == Flushed(inserted=1)
            found = Result.load_from_query({"flow_id": "5"}).outputs
            assert found["again"].sha256 == array.sha256
            assert np.array_equal(found["twice"][0], BEAM)


def test_what_is_there_already_is_not_inserted_twice(waiting: Path) -> None:
    copy = shutil.copy(waiting, waiting.with_name("copy.zip"))
    assert flush([copy]) == Flushed(inserted=1)
    assert flush() == Flushed(there=1)
    assert list(waiting.parent.iterdir()) == []


def test_a_conflict_stays(waiting: Path) -> None:
    Result(project_name="lab", flow_id="0", inputs={}, outputs={"other": 1}).insert()
    flushed = flush()
    assert (flushed.inserted, list(flushed.problems)) == (0, [str(waiting)])
    assert "flow run 0 of project 'lab' has saved another" in flushed.problems[str(waiting)]
    assert waiting.exists()


def test_files_for_another_database_stay_unless_they_are_named(
    waiting: Path, url: str, tmp_path: Path
) -> None:
    with using(f"sqlite:///{tmp_path}/other.sqlite") as services:
        assert flush() == Flushed(others=Counter({url: 1}))
        assert services.results_db.count({}) == 0
        assert flush([waiting]) == Flushed(inserted=1)
        assert services.results_db.count({}) == 1


def rewritten(file: Path, **changes: Any) -> None:
    """Put the content of a file together anew, with changes; of the document with a dot before."""
    with zipfile.ZipFile(file) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    content = json.loads(members["result.json"])
    for name, value in changes.items():
        (content["document"] if name in content["document"] else content)[name] = value
    members["result.json"] = json.dumps(content).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def without_values(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        content = archive.read("result.json")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("result.json", content)


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.write_bytes(b""), "File is not a zip file"),
        (lambda file: os.truncate(file, 300_000), "File is not a zip file"),
        (flipped, "Bad CRC-32"),
        (without_values, "a large value is missing"),
        (lambda file: rewritten(file, spool_version=2), "by a newer version of lume-services"),
        (lambda file: rewritten(file, database=3), "other types than it should"),
        (lambda file: rewritten(file, document=[]), "other types than it should"),
        (lambda file: rewritten(file, unique_hash="../x"), "unique_hash is missing or malformed"),
        (lambda file: rewritten(file, inputs={"n": 3}), "is damaged: the hash of its contents is"),
        (lambda file: zipfile.ZipFile(file, "a").writestr("a/../b", "x"), "'a/../b' is no value"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_is_damaged_stays_with_the_reason(waiting: Path, damage: Any, message: str) -> None:
    damage(waiting)
    content = waiting.read_bytes()
    flushed = flush()
    assert (flushed.inserted, flushed.there, list(flushed.problems)) == (0, 0, [str(waiting)])
    assert message in flushed.problems[str(waiting)]
    assert waiting.read_bytes() == content
    assert [path.name for path in waiting.parent.iterdir()] == [waiting.name]


def test_several_programs_flush_at_once(url: str, tmp_path: Path) -> None:
    with using(url) as services:
        for number in range(12):
            refused(result(number))
        mend(tmp_path)
        command = [sys.executable, "-c", _FLUSH, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
            flushed = flush()
            told, _ = other.communicate(timeout=300)
        inserted, problems = json.loads(told)
        assert (flushed.problems, problems) == ({}, 0)
        assert flushed.inserted + inserted == services.results_db.count({}) == 12
        assert all(np.array_equal(loaded(number), BEAM + number) for number in range(12))


_FLUSH = """
import json, sys
from lume_services import LUMEServicesSettings, configure
from lume_services.results.stores.flushing import flush

configure(LUMEServicesSettings(results_db={"url": sys.argv[1]}))
flushed = flush()
print(json.dumps([flushed.inserted, len(flushed.problems)]))
"""


@pytest.mark.parametrize("mounted", [True, False])
def test_the_folder_is_beside_the_values_where_they_are_shared(
    url: str, tmp_path: Path, lume_home: Path, mounted: bool
) -> None:
    place = tmp_path / "mount"
    if mounted:
        place.mkdir()
    settings: dict[str, Any] = {
        "results_db": {"values_filesystem": "mounted"},
        "mounted_filesystem": {"mount_path": place},
    }
    with using(url, **settings):
        file = refused(result(0))
        assert file.parent == (place if mounted else lume_home) / "spool"
        mend(tmp_path)
        place.mkdir(exist_ok=True)
        assert flush() == Flushed(inserted=1)
        assert np.array_equal(loaded(0), BEAM)


def test_a_result_that_can_be_kept_nowhere(url: str, lume_home: Path) -> None:
    (lume_home / "spool").write_text("")
    with using(url):
        refused(
            result(0), match=r"Nor can the result be kept in a file for later: there is no direct"
        )


def test_the_command_says_what_it_did(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__URL", url)
    monkeypatch.setenv("LUME_RESULTS_DB__RETRY_SECONDS", "0")
    files = [refused(result(number)) for number in range(3)]
    assert main(["results", "flush"]) == 1
    assert (
        capsys.readouterr().out == "results inserted  0\nalready there     0\nfiles that stay   3\n"
    )
    mend(tmp_path)
    files[0].write_bytes(b"")
    assert main(["results", "flush"]) == 1
    told = capsys.readouterr()
    assert told.out == "results inserted  2\nalready there     0\nfiles that stay   1\n"
    assert told.err.startswith(f"error: the file '{files[0]}' holds no result that can be inserted")
    files[0].unlink()
    assert main(["results", "flush", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["inserted"] == 0
    assert main(["results", "flush", "no-such.zip"]) == 2
    assert "there is no file 'no-such.zip'" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused_before_anything_is_done(waiting: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file 'no\.zip'; correct its name"):
        flush([waiting, "no.zip"])
    assert waiting.exists()
