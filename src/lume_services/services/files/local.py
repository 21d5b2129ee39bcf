"""The filesystem of the machine that the code runs on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lume_services.services.files import atomic
from lume_services.services.files.filesystem import FileStat, Filesystem
from lume_services.services.files.names import checked

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class LocalFilesystem(Filesystem):
    """Ordinary paths of this machine.

    A relative filename is relative to the working directory, a leading ``~/`` is the home
    directory, and ``..`` goes one name up. References hold absolute paths.

    Parameters
    ----------
    identifier
        Name of this filesystem in file references.
    """

    def __init__(self, identifier: str = "local") -> None:
        self.identifier = identifier

    def reference(self, filename: str) -> str:
        """Return the absolute path."""
        name = checked(filename)
        if name.startswith("~/"):
            name = str(Path.home()) + name[1:]
        return os.path.abspath(name)  # noqa: PTH100  (Path.resolve follows symbolic links)

    def resolve(self, filename: str) -> Path:
        """Return the absolute path without symbolic links."""
        return Path(os.path.realpath(self.reference(filename)))

    def exists(self, filename: str) -> bool:
        """Say whether there is a file of that name."""
        return atomic.exists(self.resolve(filename))

    def write(
        self, filename: str, writer: Callable[[Path], object], create_dir: bool = False
    ) -> FileStat:
        """Write a file whole or not at all; see `Filesystem.write`."""
        return atomic.write(self.resolve(filename), writer, create_dir)

    def read(
        self, filename: str, reader: Callable[[Path], T], expected: FileStat | None = None
    ) -> T:
        """Return what a reader makes of a file; see `Filesystem.read`."""
        return atomic.read(self.resolve(filename), reader, expected)
