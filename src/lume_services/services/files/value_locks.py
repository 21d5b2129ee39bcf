"""Locks that let writers of values and their collector work at once, also in other processes.

The kernel drops the locks of a process that ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lume_services.errors import FileServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def shared(directory: Path) -> Iterator[None]:
    """Hold a directory together with any number of others, and with no one who is alone."""
    with _locked(directory / ".lock", fcntl.LOCK_SH, gate=directory / ".gate"):
        yield


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold a directory with nobody else; those who come later wait behind."""
    with _locked(directory / ".lock", fcntl.LOCK_EX, gate=directory / ".gate"):
        yield


@contextmanager
def owned(file: Path) -> Iterator[None]:
    """Show by a file of one's own that one is alive; see `is_owned`."""
    with _open(file) as descriptor:
        _flock(descriptor, fcntl.LOCK_EX, file)
        yield


def is_owned(file: Path) -> bool:
    """Say whether a living process holds a file by `owned`."""
    try:
        with _open(file, create=False) as descriptor:
            _flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, file)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # perhaps its process is just removing it
        return False
    return False


@contextmanager
def _locked(file: Path, how: int, gate: Path) -> Iterator[None]:
    with _open(file) as descriptor:
        # Shared locks that overlap would keep out for ever who wants to be alone.
        with _open(gate) as turn:
            _flock(turn, fcntl.LOCK_EX, gate)
            _flock(descriptor, how, file)
        yield


def open_to_same(directory: Path) -> int:
    """Return the mode of a file that those may use who may use the directory."""
    return directory.stat().st_mode & 0o666


@contextmanager
def _open(file: Path, *, create: bool = True) -> Iterator[int]:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
    descriptor = os.open(file, flags, open_to_same(file.parent))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _flock(descriptor: int, how: int, file: Path) -> None:
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise FileServiceError(
            f"the filesystem of {str(file)!r} has no file locks ({error.strerror}), without which "
            "values could be lost; mount it with locks, or keep the values on another one"
        ) from error
