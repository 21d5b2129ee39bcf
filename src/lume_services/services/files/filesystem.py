"""The contract of a filesystem: a named place where files are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True)
class FileStat:
    """What a file's content must be.

    Parameters
    ----------
    size
        Length in bytes.
    sha256
        Hexadecimal digest of the content.
    """

    size: int
    sha256: str


class Filesystem(ABC):
    """A named place where files are kept.

    Order: constructing one touches nothing; every method may be called first. Blocking:
    all methods wait for the disk. Thread-safety: all methods may be called from many
    threads and processes at once; of several writers of one file the last one wins, and
    a reader sees the whole content of one of them. Errors: `PathNotAllowedError` for a
    filename that this filesystem does not take, `FileNotThereError` for a file or a
    directory that does not exist, `FileCorruptError` for content that is not as
    expected, `FileServiceError` for what the operating system refuses. What a writer or a
    reader raises passes through, except `OSError`.

    Attributes
    ----------
    identifier
        Name by which file references say where the file is.
    """

    identifier: str

    @abstractmethod
    def reference(self, filename: str) -> str:
        """Return the name to store for a file: it means the same file at any later time."""

    @abstractmethod
    def resolve(self, filename: str) -> Path:
        """Return where a file is, or would be, on this machine."""

    @abstractmethod
    def exists(self, filename: str) -> bool:
        """Say whether there is a file of that name."""

    @abstractmethod
    def write(
        self, filename: str, writer: Callable[[Path], object], create_dir: bool = False
    ) -> FileStat:
        """Write a file whole or not at all.

        Parameters
        ----------
        filename
            The file; replaced where it exists.
        writer
            Called once with a temporary path of the same file name, which it must create.
        create_dir
            Make the missing directories above the file.
        """

    @abstractmethod
    def read(
        self, filename: str, reader: Callable[[Path], T], expected: FileStat | None = None
    ) -> T:
        """Return what a reader makes of a file.

        Parameters
        ----------
        filename
            The file.
        reader
            Called once with the path to read.
        expected
            Checked before the reader is called.
        """
