"""Large values beside a results database, each once, in files named by their digests."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from lume_services.errors import FileCorruptError, FileServiceError
from lume_services.services.files import value_locks
from lume_services.services.files.atomic import os_errors, sync_directory
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.stored_value import StoredValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from typing_extensions import Buffer

WRITING = ".writing"
ALIVE = ".alive"
DATABASES = "databases"


class Value(Protocol):
    """What can be kept: the same blocks each time, and how its files' names end."""

    @property
    def suffix(self) -> str:
        """End of the file's name, for example ``.npy``."""

    def blocks(self) -> Iterable[Buffer]:
        """Return the content; a block is used before the next one is made."""


class ValueStore:
    """A folder of large values that belongs to one results database.

    Order: nothing is touched before the first use. Blocking: all methods wait for the disk.
    Thread-safety: one object serves all threads, and any number of processes may use a folder
    at once. Errors: those of a `Filesystem`.

    Parameters
    ----------
    folder
        Returns where the folder is on this machine.
    database
        Which database it belongs to; recorded in the folder, without passwords.
    mode
        Permissions of the folder if it is made here, less those that the process masks.
        What is made in it gets the same.
    """

    def __init__(self, folder: Callable[[], Path], database: str, mode: int = 0o700) -> None:
        self._folder = folder
        self.database = database
        self._mode = mode

    @property
    def folder(self) -> Path:
        """Where the values are on this machine."""
        return self._folder()

    def saving(self) -> Saving:
        """Return a context in which values are saved together with what refers to them."""
        return Saving(self)

    def stored(self, sha256: str, size: int, suffix: str, owner: str) -> StoredValue:
        """Return the value of that digest, without a look whether it is there.

        Parameters
        ----------
        sha256, size, suffix
            As `Saving.put` got and gave them.
        owner
            What it belongs to, for error messages.
        """
        return StoredValue(self.folder / place(sha256, suffix), size, sha256, owner)

    def register(self) -> Path:
        """Return the folder, made if it is missing, with its database recorded in it."""
        folder = self.folder
        for path in reversed((folder, *folder.parents)):
            if not path.exists():
                path.mkdir(mode=self._mode, exist_ok=True)
        if self.database not in self.databases():
            with (folder / DATABASES).open("a", encoding="utf-8") as file:
                file.write(f"{self.database}\n")
                file.flush()
                os.fsync(file.fileno())
        return folder

    def databases(self) -> list[str]:
        """Return the databases that have used the folder."""
        try:
            return (self.folder / DATABASES).read_text(encoding="utf-8").split("\n")[:-1]
        except FileNotFoundError:
            return []


class Saving:
    """Values on their way into a store: first put, then placed, else gone.

    As a context, it leaves nothing of what was put and not placed. It serves one thread.
    """

    def __init__(self, store: ValueStore) -> None:
        self._store = store
        self._scratch: Path | None = None
        self._put: dict[str, Value] = {}
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exit.close()

    def put(self, value: Value) -> FileStat:
        """Write a value where nobody sees it yet; return what identifies it."""
        scratch = self._directory()
        draft = scratch / secrets.token_hex(8)
        with os_errors("write", draft):
            stat = _write(draft, value)
            name = place(stat.sha256, value.suffix)
            if self._is_there(name, stat):
                draft.unlink()
            else:
                draft.replace(scratch / Path(name).name)
        self._put[name] = value
        return stat

    def keep(self, value: Value, stat: FileStat) -> None:
        """Take a value whose content is known, without a new file where the store has it."""
        stored = self._store.stored(stat.sha256, stat.size, value.suffix, "it")
        try:
            stored.check()
        except FileServiceError:
            if self.put(value) != stat:
                raise FileCorruptError(
                    f"a value with the sha256 {stat.sha256} has changed while it was copied; "
                    "load it again"
                ) from None
        else:
            self._put[place(stat.sha256, value.suffix)] = value

    @property
    def digests(self) -> list[str]:
        """Digests of the values so far."""
        return [name.partition("/")[2].partition(".")[0] for name in self._put]

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Put all values in their places; until the context ends, none of them is collected.

        What refers to the values is saved inside.
        """
        if not self._put:
            yield
            return
        with ExitStack() as stack:
            folder = self._store.folder
            with os_errors("write", folder):
                self._store.register()
                # One after the other at the end, as each waits for what else was written.
                for draft in self._drafts():
                    _sync(draft)
                stack.enter_context(value_locks.shared(folder))
                self._settle(folder)
            yield

    def _drafts(self) -> list[Path]:
        paths = [self._scratch / Path(name).name for name in self._put] if self._scratch else []
        return [path for path in paths if path.exists()]

    def try_writing(self) -> None:
        """Raise what keeps values from being saved."""
        self._directory()

    def _settle(self, folder: Path) -> None:
        moved = set()
        for name, value in self._put.items():
            target = folder / name
            draft = self._scratch / target.name if self._scratch else None
            if draft is None or not draft.exists():
                if target.exists():
                    continue
                # Collected since it was found there.
                draft = self._make_scratch(folder) / target.name
                _write(draft, value)
                _sync(draft)
            _make_inside(folder, target.parent)
            draft.replace(target)
            moved.add(target.parent)
        for directory in {folder, *moved} if moved else ():
            _sync_names(directory)

    def _is_there(self, name: str, stat: FileStat) -> bool:
        stored = StoredValue(self._store.folder / name, stat.size, stat.sha256, "it")
        try:
            for _ in stored.blocks():
                pass
        except FileServiceError:
            return False
        return True

    def _directory(self) -> Path:
        """Return the directory for drafts, which stays as long as this process lives."""
        if self._scratch is not None:
            return self._scratch
        with os_errors("write", self._store.folder):
            folder = self._store.register()
            with value_locks.shared(folder):
                return self._make_scratch(folder)

    def _make_scratch(self, folder: Path) -> Path:
        """Return the directory for drafts; the folder is held by the caller."""
        if self._scratch is None:
            scratch = folder / WRITING / secrets.token_hex(8)
            _make_inside(folder, scratch)
            self._exit.callback(shutil.rmtree, scratch, ignore_errors=True)
            self._exit.enter_context(value_locks.owned(scratch / ALIVE))
            self._scratch = scratch
        return self._scratch


def place(sha256: str, suffix: str) -> str:
    """Return a value's path in the folder."""
    return f"{sha256[:2]}/{sha256}{suffix}"


def _write(path: Path, value: Value) -> FileStat:
    digest, size = hashlib.sha256(), 0
    path.touch(value_locks.open_to_same(path.parent), exist_ok=False)
    with path.open("r+b", buffering=0) as stream:
        for block in value.blocks():
            view = memoryview(block)
            digest.update(view)
            size += view.nbytes
            while view.nbytes:
                view = view[stream.write(view) :]
    return FileStat(size=size, sha256=digest.hexdigest())


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_names(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_directory(descriptor)
    finally:
        os.close(descriptor)


def _make_inside(folder: Path, directory: Path) -> None:
    """Make a directory in the folder, and what is missing between, as open as the folder is."""
    mode = folder.stat().st_mode & 0o777
    for path in (directory.parent, directory):
        path.mkdir(mode=mode, exist_ok=True)
