"""A value that was kept apart from its document, read only if it is what it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lume_services.errors import FileCorruptError, FileNotThereError
from lume_services.services.files.atomic import os_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 4 << 20


@dataclass(frozen=True)
class StoredValue:
    """A file of a known size and content; nothing is opened before a method is called.

    Parameters
    ----------
    path
        Where the file should be.
    size, sha256
        What it should hold.
    owner
        What it belongs to, for error messages, for example ``outputs.beam of result 0123abcd``.

    Raises
    ------
    FileNotThereError, FileCorruptError
        By each method, if the file is missing or not what it should be.
    """

    path: Path
    size: int
    sha256: str
    owner: str

    def blocks(self) -> Iterator[memoryview]:
        """Return the content in blocks; that all was right is known after the last one."""
        self.check()
        digest, block = hashlib.sha256(), memoryview(bytearray(min(BLOCK, self.size)))
        with os_errors("read", self.path), self.path.open("rb", buffering=0) as stream:
            while length := stream.readinto(block):
                digest.update(block[:length])
                yield block[:length]
        self._compare(digest.hexdigest())

    def read_into(self, target: memoryview, start: int) -> None:
        """Fill a buffer with the content from a position to the end; all of it is checked."""
        self.check()
        digest = hashlib.sha256()
        with os_errors("read", self.path), self.path.open("rb", buffering=0) as stream:
            digest.update(stream.read(start))
            done = 0
            while length := stream.readinto(target[done : done + BLOCK]):
                digest.update(target[done : done + length])
                done += length
        self._compare(digest.hexdigest())

    def check(self) -> None:
        """Check that the file is there and has its size, without reading it."""
        with os_errors("read", self.path):
            try:
                found = self.path.stat().st_size
            except FileNotFoundError:
                raise FileNotThereError(
                    f"{self.owner} is kept in {str(self.path)!r}, and there is no such file: "
                    "restore it from a backup, copy it from the machine that saved the result, or "
                    "save the result again; `lume-services config check` names the folder"
                ) from None
        if found != self.size:
            raise self._corrupt(f"has {found} bytes in place of {self.size}")

    def _compare(self, found: str) -> None:
        if found != self.sha256:
            raise self._corrupt(f"has the sha256 {found} in place of {self.sha256}")

    def _corrupt(self, what: str) -> FileCorruptError:
        return FileCorruptError(
            f"{self.owner} is kept in {str(self.path)!r}, which {what}: it was damaged after it "
            "was saved. Restore it from a backup, or save the result again"
        )
