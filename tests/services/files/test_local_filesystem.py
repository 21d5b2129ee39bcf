"""Ordinary paths."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lume_services.errors import FileNotThereError, FileServiceError, PathNotAllowedError
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.local import LocalFilesystem

local = LocalFilesystem()

WEIRD_NAMES = [
    "übung β 束流.txt",
    "two words .txt",
    "line\nbreak.txt",
    "-rf",
    "~",
    "~user.txt",
    "#1 %41 'quoted' \"$HOME\" `x`.txt",
    ".hidden",
    "e\N{COMBINING ACUTE ACCENT}.txt",
    "x" * 255,
    "." + "x" * 254,
]


def write_bytes(filename: str, content: bytes, create_dir: bool = False) -> FileStat:
    return local.write(filename, lambda path: put(path, content), create_dir)


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def test_a_file_comes_back_with_size_and_digest(tmp_path: Path) -> None:
    stat = write_bytes("a.bin", b"beam")
    assert stat == FileStat(4, hashlib.sha256(b"beam").hexdigest())
    assert (tmp_path / "a.bin").read_bytes() == b"beam"
    assert local.read("a.bin", Path.read_bytes, stat) == b"beam"
    assert local.exists("a.bin")
    assert not local.exists("b.bin")


def test_references_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert local.reference("a/../b.txt") == str(tmp_path / "b.txt")
    assert local.reference("/data/x.txt") == "/data/x.txt"
    monkeypatch.setenv("HOME", "/home/someone")
    assert local.reference("~/x.txt") == "/home/someone/x.txt"


def test_only_a_leading_tilde_and_slash_is_the_home(tmp_path: Path) -> None:
    assert local.reference("~root") == str(tmp_path / "~root")
    assert local.reference("a/~/b") == str(tmp_path / "a/~/b")


@pytest.mark.parametrize("name", WEIRD_NAMES)
def test_weird_names_are_ordinary(name: str, tmp_path: Path) -> None:
    write_bytes(name, b"1")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert local.read(local.reference(name), Path.read_bytes) == b"1"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", r"^the filename is empty; give a file's name or path\.$"),
        ("a\0b", r"^filename 'a\\x00b' holds a NUL character; remove it\.$"),
        ("a\udc80", r"^filename 'a\\udc80' is not valid Unicode text"),
        (b"a", r"^filename b'a' is of type bytes; give text or a path\.$"),
        (3, r"^filename 3 is of type int; give text or a path\.$"),
    ],
)
def test_names_that_are_refused(name: str, message: str) -> None:
    with pytest.raises(PathNotAllowedError, match=message):
        write_bytes(name, b"1")


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(FileServiceError, match=r"^cannot write '.*x': File name too long\.$"):
        write_bytes("x" * 256, b"1")
    with pytest.raises(FileServiceError, match=r"^cannot read '.*x': File name too long\.$"):
        local.read("x" * 256, Path.read_bytes)
    assert not local.exists("x" * 256)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotThereError,
        match=rf"^there is no directory '{tmp_path}/a/b'; make it, or write with create_dir=True\.",
    ):
        write_bytes("a/b/c.txt", b"1")
    assert list(tmp_path.iterdir()) == []
    write_bytes("a/b/c.txt", b"1", create_dir=True)
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"1"
    write_bytes("a/b/c.txt", b"2", create_dir=True)
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"2"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotThereError, match=rf"^file '{tmp_path}/no\.txt' does not exist; write it first\.$"
    ):
        local.read("no.txt", Path.read_bytes)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(PathNotAllowedError, match=r"d' is a directory; name a file\.$"):
        write_bytes("d", b"1")
    with pytest.raises(PathNotAllowedError, match=r"d' is a directory; name a file\.$"):
        local.read("d", Path.read_bytes)
    assert not local.exists("d")


def test_devices_and_pipes_are_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PathNotAllowedError, match=r"pipe' is no regular file; name a file\.$"):
        write_bytes("pipe", b"1")
    with pytest.raises(PathNotAllowedError, match=r"pipe' is no regular file; name a file\.$"):
        local.read("pipe", Path.read_bytes)
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_in_place_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(FileNotThereError, match=r"there is no directory '.*/f'"):
        write_bytes("f/x.txt", b"1")
    with pytest.raises(FileServiceError, match=r"^cannot write '.*/f/x\.txt': File exists\.$"):
        write_bytes("f/x.txt", b"1", create_dir=True)


def test_links_are_followed_and_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real/a.txt")
    write_bytes("link.txt", b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real/a.txt").read_text() == "new"


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileServiceError, match=r"^there is no directory '.*loop'"):
        write_bytes("loop/a.txt", b"1")
    assert not local.exists("loop/a.txt")
