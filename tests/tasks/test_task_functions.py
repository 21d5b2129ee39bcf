"""The plain functions under the packaged tasks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lume_services import config
from lume_services.errors import (
    FileNotThereError,
    FileServiceError,
    InputError,
    SettingsError,
    UnknownFileTypeError,
)
from lume_services.files import File, TextFile, TextResult
from lume_services.tasks import functions


def test_a_saved_file_is_loaded_by_its_reference(tmp_path: Path) -> None:
    rep = functions.save_file("hello", "greeting.txt", "local", TextFile)
    assert (tmp_path / "greeting.txt").read_text() == "hello"
    assert rep == {
        "file_type": "TextFile",
        "filename": str(tmp_path / "greeting.txt"),
        "filesystem_identifier": "local",
        "size": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    }
    assert functions.load_file(rep) == "hello"


def test_the_local_filesystem_is_the_default(tmp_path: Path) -> None:
    rep = functions.save_file("", "empty.txt", file_type=TextFile)
    assert (rep["filesystem_identifier"], rep["size"]) == ("local", 0)
    assert functions.load_file(rep) == ""


def test_directories_are_made_on_demand(tmp_path: Path) -> None:
    with pytest.raises(FileNotThereError, match="create_dir"):
        functions.save_file("x", "a/b/x.txt", "local", TextFile)
    functions.save_file("x", "a/b/x.txt", "local", TextFile, create_dir=True)
    assert (tmp_path / "a/b/x.txt").read_text() == "x"


@pytest.mark.parametrize("given", ["rep", "result"])
def test_a_file_result_is_read(given: str) -> None:
    rep = functions.save_file("hello", "greeting.txt", "local", TextFile)
    result = TextResult.from_reference(rep)
    assert functions.get_file_result(rep if given == "rep" else result) == "hello"


@pytest.mark.parametrize("file_type", [None, "TextFile", str, TextFile("a.txt")])
def test_a_file_needs_a_type(file_type: object) -> None:
    with pytest.raises(InputError, match=r"file_type of 'x.txt' is .*; give a File type"):
        functions.save_file("x", "x.txt", "local", file_type)  # type: ignore[arg-type]


def test_the_generic_file_is_no_type_to_save() -> None:
    with pytest.raises(InputError, match=r"File does not know what its file holds"):
        functions.save_file("x", "x.txt", "local", File)


def test_an_unknown_filesystem_is_named() -> None:
    with pytest.raises(FileServiceError, match=r"no filesystem 'moon' is configured"):
        functions.save_file("x", "x.txt", "moon", TextFile)


def test_an_unknown_type_is_named() -> None:
    rep = {"file_type": "nope:Nope", "filename": "/x", "filesystem_identifier": "local"}
    with pytest.raises(UnknownFileTypeError, match=r"file type 'nope:Nope' is not registered"):
        functions.load_file(rep)


def test_configuring_keeps_what_is_configured(tmp_path: Path) -> None:
    settings = config.LUMEServicesSettings(home=tmp_path / "elsewhere")
    configured = config.configure(settings)
    functions.configure_lume_services()
    assert config.current() is configured


def test_configuring_finds_faulty_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_BACKEND", "nope")
    with pytest.raises(SettingsError, match="LUME_BACKEND"):
        functions.configure_lume_services()


def test_the_functions_need_no_engine() -> None:
    program = (
        "import sys, lume_services.tasks.functions, lume_services.tasks.attributes\n"
        "sys.exit('prefect' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
