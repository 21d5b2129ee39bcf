"""Files written whole or not at all, and read only when they are what they should be."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lume_services.errors import (
    FileCorruptError,
    FileNotThereError,
    FileServiceError,
    PathNotAllowedError,
)
from lume_services.services.files.filesystem import FileStat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


def write(path: Path, writer: Callable[[Path], object], create_dir: bool = False) -> FileStat:
    """Write a file under a temporary path, then put it in place in one step.

    Parameters
    ----------
    path
        Absolute path without symbolic links.
    writer
        Called with a path of the same file name in a temporary directory beside it.
    create_dir
        Make the missing directories above the file.
    """
    with os_errors("write", path), _pinned(path.parent, create_dir) as directory:
        if path.exists() and not path.is_file():
            raise _not_regular(path)
        scratch = Path(tempfile.mkdtemp(prefix=".lume-write-", dir=path.parent))
        try:
            writer(scratch / path.name)
            stat = _settle(scratch, path.name, directory)
        finally:
            shutil.rmtree(scratch.name, ignore_errors=True, dir_fd=directory)
        sync_directory(directory)
    return stat


def read(path: Path, reader: Callable[[Path], T], expected: FileStat | None = None) -> T:
    """Return what a reader makes of a file, after checking its content.

    Parameters
    ----------
    path
        The file.
    reader
        Called with the path.
    expected
        The content's size and digest, where known.
    """
    with os_errors("read", path):
        if not path.exists():
            raise FileNotThereError(f"file {str(path)!r} does not exist; write it first.")
        if not path.is_file():
            raise _not_regular(path)
        if expected is None:
            return reader(path)
        before = path.stat()
        with path.open("rb") as stream:
            _compare(path, _measure(stream.fileno()), expected)
        value = reader(path)
        if _version(path.stat()) != _version(before):
            raise FileCorruptError(f"{str(path)!r} was replaced while it was read; read it again.")
        return value


def exists(path: Path) -> bool:
    """Say whether there is a regular file; not where the path is too long or unreadable."""
    return os.path.isfile(path)  # noqa: PTH113  (Path.is_file raises for such paths)


@contextmanager
def _pinned(directory: Path, create: bool) -> Iterator[int]:
    """Hold a directory open, so that one put in its place by another process is not used."""
    if create:
        directory.mkdir(parents=True, exist_ok=True)
    elif not directory.is_dir():
        raise FileNotThereError(
            f"there is no directory {str(directory)!r}; make it, or write with create_dir=True."
        )
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.path.realpath(directory) != str(directory):
            raise PathNotAllowedError(
                f"{str(directory)!r} became a symbolic link while it was used; "
                "find out what replaces it, and write again."
            )
        yield descriptor
    finally:
        os.close(descriptor)


def _settle(scratch: Path, name: str, directory: int) -> FileStat:
    """Make the written file durable and move it up into its directory."""
    inside = os.open(scratch.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
    try:
        written = sorted(os.listdir(inside))  # noqa: PTH208  (a descriptor has no Path)
        if written != [name]:
            raise FileServiceError(
                f"the serializer was to write {name!r} and wrote "
                f"{', '.join(map(repr, written)) or 'nothing'}; "
                "its serialize method must create the one file that it is given."
            )
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=inside)
        try:
            os.fsync(file)
            stat = _measure(file)
        finally:
            os.close(file)
        os.replace(name, name, src_dir_fd=inside, dst_dir_fd=directory)
        return stat
    finally:
        os.close(inside)


def _measure(descriptor: int) -> FileStat:
    with open(descriptor, "rb", closefd=False) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return FileStat(size=stream.tell(), sha256=digest)


def _compare(path: Path, found: FileStat, expected: FileStat) -> None:
    for what in ("size", "sha256"):
        have, want = getattr(found, what), getattr(expected, what)
        if have != want:
            raise FileCorruptError(
                f"{str(path)!r} has {what} {have}, but its reference says {want}: the file was "
                "damaged or overwritten after it was saved. Restore it, or run again what saved it."
            )


def _version(stat: os.stat_result) -> tuple[int, int, int, int]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _not_regular(path: Path) -> FileServiceError:
    kind = "a directory" if path.is_dir() else "no regular file"
    return PathNotAllowedError(f"{str(path)!r} is {kind}; name a file.")


def sync_directory(directory: int) -> None:
    """Make the names in an open directory durable."""
    try:
        os.fsync(directory)
    except OSError as error:
        # Some network filesystems have no such call, and are durable without it.
        if error.errno != errno.EINVAL:
            raise


@contextmanager
def os_errors(verb: str, path: Path) -> Iterator[None]:
    """Raise what the operating system refuses as `FileServiceError`."""
    try:
        yield
    except FileServiceError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileServiceError(f"cannot {verb} {str(path)!r}: {reason}.") from error
