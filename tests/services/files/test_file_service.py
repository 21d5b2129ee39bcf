"""Filesystems by identifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from lume_services.errors import FileServiceError, SettingsError
from lume_services.services.files.local import LocalFilesystem
from lume_services.services.files.mounted import MountedFilesystem
from lume_services.services.files.service import FileService


def service(tmp_path: Path) -> FileService:
    return FileService(
        [
            LocalFilesystem(),
            MountedFilesystem("mounted", tmp_path / "m", "/lume", "DirectoryOrCreate"),
        ]
    )


def test_each_filesystem_does_its_own(tmp_path: Path) -> None:
    files = service(tmp_path)
    stat = files.write("mounted", "a.txt", lambda path: path.write_text("m"))
    files.write("local", "a.txt", lambda path: path.write_text("local"))
    assert files.identifiers == ["local", "mounted"]
    assert files.read("mounted", "a.txt", Path.read_text, stat) == "m"
    assert files.read("local", "a.txt", Path.read_text) == "local"
    assert files.resolve("mounted", "/lume/a.txt") == tmp_path / "m/a.txt"
    assert files.reference("mounted", "/lume/a.txt") == "a.txt"
    assert files.exists("mounted", "a.txt")
    assert not files.exists("mounted", "b.txt")


@pytest.mark.parametrize("identifier", ["mount", None, []])
def test_an_unknown_identifier_gets_the_known_ones(identifier: str, tmp_path: Path) -> None:
    with pytest.raises(
        FileServiceError, match=r"^no filesystem .* is configured; there are: local, mounted\. Use"
    ):
        service(tmp_path).get(identifier)


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two filesystems have the identifier 'local'"):
        FileService([LocalFilesystem(), LocalFilesystem()])
