"""JSON references of files: what they hold, how they are checked and resolved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lume_services import config
from lume_services.errors import (
    FileCorruptError,
    FileServiceError,
    InputError,
)
from lume_services.files import (
    TextFile,
    from_reference,
    is_reference,
    load_reference,
)
from lume_services.settings import LUMEServicesSettings

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
REP = {"file_type": "TextFile", "filename": "/a.txt", "filesystem_identifier": "local"}


def test_the_reference_of_an_empty_text(tmp_path: Path) -> None:
    file = TextFile(filename="a.txt", obj="")
    expected = {
        "file_type": "TextFile",
        "filename": str(tmp_path / "a.txt"),
        "filesystem_identifier": "local",
        "size": 0,
        "sha256": EMPTY,
    }
    assert file.write() == expected == file.jsonable_dict()
    assert json.loads(json.dumps(expected)) == expected
    assert is_reference(expected)
    assert load_reference(expected) == ""


def test_references_outlive_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TextFile("a.txt", obj="here")
    reference = file.write()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_reference(reference) == "here"
    assert file.read() == "here"
    assert file.jsonable_dict() == reference


def test_a_reference_without_a_write_has_no_digest(tmp_path: Path) -> None:
    file = TextFile("a.txt")
    assert file.jsonable_dict() == {
        **REP,
        "filename": str(tmp_path / "a.txt"),
        "size": None,
        "sha256": None,
    }
    assert from_reference(file.jsonable_dict()) == file


def test_reading_checks_the_reference(tmp_path: Path) -> None:
    reference = TextFile("a.txt").write("beam")
    TextFile("a.txt").write("bean")
    with pytest.raises(FileCorruptError, match=r"^'.*a\.txt' has sha256 .* its reference says"):
        load_reference(reference)
    with pytest.raises(FileCorruptError, match=r"^'.*a\.txt' has size 4, but its reference says 5"):
        load_reference({**reference, "size": 5})
    assert load_reference({**reference, "size": None, "sha256": None}) == "bean"


def test_references_need_no_filesystem_to_be_decoded() -> None:
    rep = {**REP, "filesystem_identifier": "elsewhere", "size": 0, "sha256": EMPTY}
    file = from_reference(rep)
    assert file.jsonable_dict() == rep
    assert repr(file) == (
        "File[TextSerializer](filename='/a.txt', filesystem_identifier='elsewhere')"
    )
    with pytest.raises(FileServiceError, match="no filesystem 'elsewhere' is configured; there"):
        file.read()


@pytest.mark.parametrize(
    ("rep", "message"),
    [
        ("a.txt", "^a file reference is a dictionary, not str 'a.txt'; give what"),
        (None, "^a file reference is a dictionary, not NoneType None; give what"),
        ({}, "'file_type' is missing; 'filename' is missing; 'filesystem_identifier' is missing"),
        ({**REP, "obj": 1}, r"cannot be used: 'obj' is unknown\. Give what"),
        ({**REP, "filename": 3}, r"'filename' is 3, not str\."),
        ({**REP, "size": "3", "sha256": ""}, r"'size' is '3', not int or None\."),
        ({**REP, "size": True, "sha256": ""}, r"'size' is True, not int or None\."),
        ({**REP, "size": 3}, "'size' and 'sha256' are given together or not at all"),
        ({**REP, "file_type": ["TextFile"]}, r"'file_type' is \['TextFile'\], not str"),
        ({**REP, 1: 1}, "1 is unknown"),
    ],
)
def test_malformed_references(rep: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_reference(rep)


def test_what_looks_like_a_reference() -> None:
    assert is_reference({**REP, "size": None, "sha256": None})
    assert not is_reference(REP)
    assert not is_reference("TextFile")


def test_the_same_reference_in_a_container(tmp_path: Path) -> None:
    settings = LUMEServicesSettings(
        mounted_filesystem={
            "identifier": "mounted",
            "mount_path": tmp_path / "data",
            "mount_alias": tmp_path / "alias",
            "mount_type": "DirectoryOrCreate",
        }
    )
    with config.use(settings):
        reference = TextFile(str(tmp_path / "alias/a.txt"), "mounted").write("beam")
        assert reference["filename"] == "a.txt"
        (tmp_path / "data").rename(tmp_path / "alias")
        assert load_reference(reference) == "beam"
