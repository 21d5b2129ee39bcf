"""The store of values: nothing half-written, each once, as open as its folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lume_services.errors import FileCorruptError, FileServiceError
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.values import ValueStore


class Text:
    suffix = ".json"

    def __init__(self, *blocks: bytes, fails: bool = False) -> None:
        self._blocks, self._fails = blocks, fails

    def blocks(self) -> Iterator[bytes]:
        yield from self._blocks
        if self._fails:
            raise ValueError("no more")


@pytest.fixture
def store(tmp_path: Path) -> ValueStore:
    return ValueStore(lambda: tmp_path / "new" / "values", "one.sqlite")


def found(store: ValueStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.folder.glob("[0-9a-f]*/*")}


def test_nothing_is_made_before_the_first_value(store: ValueStore, tmp_path: Path) -> None:
    with store.saving() as saving, saving.placed():
        pass
    assert list(tmp_path.iterdir()) == []
    assert store.databases() == []


def test_a_value_is_named_by_its_digest(store: ValueStore) -> None:
    with store.saving() as saving:
        stat = saving.put(Text(b"ab", b"", b"c"))
        assert stat == FileStat(3, hashlib.sha256(b"abc").hexdigest())
        assert saving.digests == [stat.sha256]
        assert found(store) == {}
        with saving.placed():
            assert found(store) == {f"{stat.sha256}.json": b"abc"}
    assert store.databases() == ["one.sqlite"]
    stored = store.stored(stat.sha256, 3, ".json", "it")
    assert b"".join(map(bytes, stored.blocks())) == b"abc"
    target = bytearray(2)
    stored.read_into(memoryview(target), 1)
    assert target == b"bc"


def test_what_is_not_placed_is_gone(store: ValueStore) -> None:
    with store.saving() as saving:
        saving.put(Text(b"abc"))
    with pytest.raises(ValueError, match="no more"), store.saving() as saving:
        saving.put(Text(b"abc", fails=True))
    with store.saving() as saving:
        saving.try_writing()
    assert found(store) == {}
    assert list((store.folder / ".writing").iterdir()) == []


def test_a_value_that_changes_while_it_is_copied_is_refused(store: ValueStore) -> None:
    with (
        pytest.raises(FileCorruptError, match="has changed while it was copied; load it again"),
        store.saving() as saving,
    ):
        saving.keep(Text(b"abc"), FileStat(3, "0" * 64))


def test_a_value_of_a_known_digest_is_written_where_it_is_missing(store: ValueStore) -> None:
    stat = FileStat(3, hashlib.sha256(b"abc").hexdigest())
    for _ in range(2):
        with store.saving() as saving:
            saving.keep(Text(b"abc"), stat)
            with saving.placed():
                assert found(store) == {f"{stat.sha256}.json": b"abc"}


@pytest.mark.parametrize(("mode", "file"), [(0o700, 0o600), (0o755, 0o644)])
def test_files_are_as_open_as_the_folder(tmp_path: Path, mode: int, file: int) -> None:
    store = ValueStore(lambda: tmp_path / "values", "one.sqlite", mode)
    before = os.umask(0o022)
    try:
        with store.saving() as saving:
            saving.put(Text(b"abc"))
            with saving.placed():
                (path,) = store.folder.glob("[0-9a-f]*/*")
    finally:
        os.umask(before)
    modes = [each.stat().st_mode & 0o777 for each in (store.folder, path.parent, path)]
    assert modes == [mode, mode, file]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "values").write_text("a file")
    store = ValueStore(lambda: tmp_path / "values", "one.sqlite")
    message = f"cannot write '{tmp_path}/values': (File exists|Not a directory)"
    with pytest.raises(FileServiceError, match=message), store.saving() as saving:
        saving.put(Text(b"abc"))


def test_each_database_is_noted_once(tmp_path: Path) -> None:
    for name in ("one", "two", "one"):
        with ValueStore(lambda: tmp_path, name).saving() as saving:
            saving.try_writing()
    assert ValueStore(lambda: tmp_path, "one").databases() == ["one", "two"]
