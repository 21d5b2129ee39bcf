"""Removing the values that no document refers to, also while others save."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lume_services.errors import FileServiceError
from lume_services.services.files import value_locks
from lume_services.services.files.atomic import os_errors
from lume_services.services.files.values import ALIVE, DATABASES, WRITING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from lume_services.services.files.values import ValueStore

    Referred = Callable[[str], Iterable[str]]

_NAME = re.compile(r"(?P<sha256>[0-9a-f]{64})\.[a-z]+")
# Who saves waits while so many are looked up and removed.
_AT_ONCE = 100


@dataclass(frozen=True)
class Collected:
    """How many values were removed, or would be, and their size in bytes; and how many stay."""

    removed: int
    size: int
    kept: int


def collect(
    store: ValueStore, referred: Referred, *, older_than: float, dry_run: bool
) -> Collected:
    """Remove what no document refers to, and the drafts of processes that are gone.

    Parameters
    ----------
    store
        The values.
    referred
        Returns the digests beginning with a text that documents refer to, as of the call.
    older_than
        Seconds; values saved later stay.
    dry_run
        Only count.

    Raises
    ------
    FileServiceError
        If other databases have used the folder.
    """
    folder = store.folder
    with os_errors("clean", folder):
        if not folder.is_dir():
            return Collected(0, 0, 0)
        _refuse_others(store)
        before = time.time() - older_than
        values = list(_values(folder))
        used = set(referred(""))
        loose = [path for path in values if path.stem not in used and _saved(path) <= before]
        sizes = [size for size in _removed(store, loose, referred, dry_run) if size is not None]
        if not dry_run:
            _remove_drafts(folder)
    return Collected(len(sizes), sum(sizes), len(values) - len(sizes))


def _removed(
    store: ValueStore, loose: Sequence[Path], referred: Referred, dry_run: bool
) -> Iterator[int | None]:
    for start in range(0, len(loose), _AT_ONCE):
        # Nobody is between placing values and saving what refers to them in here.
        with value_locks.alone(store.folder):
            _refuse_others(store)
            for path in loose[start : start + _AT_ONCE]:
                yield None if any(referred(path.stem)) else _remove(path, dry_run)


def _remove(path: Path, dry_run: bool) -> int | None:
    try:
        size = path.stat().st_size
        if not dry_run:
            path.unlink()
    except FileNotFoundError:  # another collector was first
        return None
    return size


def _values(folder: Path) -> Iterator[Path]:
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        name = _NAME.fullmatch(path.name)
        if name and path.parent.name == name["sha256"][:2]:
            yield path


def _saved(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _remove_drafts(folder: Path) -> None:
    with value_locks.alone(folder):
        for scratch in (folder / WRITING).glob("*"):
            if not value_locks.is_owned(scratch / ALIVE):
                shutil.rmtree(scratch, ignore_errors=True)


def _refuse_others(store: ValueStore) -> None:
    others = set(store.databases()) - {store.database}
    if others:
        raise FileServiceError(
            f"{str(store.folder)!r} keeps values of {', '.join(sorted(others))} too, and what that "
            f"refers to is not known here: nothing was removed. If it is another name of "
            f"{store.database}, or gone, delete its line in {str(store.folder / DATABASES)!r}"
        )
