"""A directory of the host that containers see under another path."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from lume_services.errors import FileNotThereError, PathNotAllowedError, SettingsError
from lume_services.services.files import atomic
from lume_services.services.files.filesystem import FileStat, Filesystem
from lume_services.services.files.names import checked

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MountType = Literal["Directory", "DirectoryOrCreate"]


class MountedFilesystem(Filesystem):
    """A directory of the host, mounted in containers.

    A filename is relative to the mount, or an absolute path under `mount_path` or under
    `mount_alias`; references hold the path relative to the mount, so that they are good on
    both sides. The side is told by what exists: the host's `mount_path` first, else the
    container's `mount_alias`.

    Parameters
    ----------
    identifier
        Name of this filesystem in file references.
    mount_path
        Absolute path of the directory on the host.
    mount_alias
        Absolute path of the same directory in a container; by default the same path.
    mount_type
        ``"Directory"`` requires the directory; ``"DirectoryOrCreate"`` makes it on first use.

    Raises
    ------
    SettingsError
        If a path is not absolute, one path lies inside the other, or the type is unknown.
    """

    def __init__(
        self,
        identifier: str,
        mount_path: str | os.PathLike[str],
        mount_alias: str | os.PathLike[str] | None = None,
        mount_type: MountType = "Directory",
    ) -> None:
        self.identifier = identifier
        self.mount_path = _absolute("mount_path", mount_path)
        self.mount_alias = _absolute("mount_alias", mount_alias or mount_path)
        self.mount_type = mount_type
        allowed = get_args(MountType)
        if mount_type not in allowed:
            raise SettingsError(f"mount_type is {mount_type!r}; use {' or '.join(allowed)}.")
        self._refuse_nesting()

    def reference(self, filename: str) -> str:
        """Return the path relative to the mount."""
        name = checked(filename)
        path = PurePosixPath(name)
        if ".." in path.parts:
            raise self._not_allowed(name, "holds '..'")
        if path.is_absolute():
            path = self._inside(name)
        if not path.parts:
            raise self._not_allowed(name, "is the mount itself, not a file in it")
        return str(path)

    def to_host(self, filename: str) -> PurePosixPath:
        """Return the path of a file on the host."""
        return self.mount_path / self.reference(filename)

    def to_container(self, filename: str) -> PurePosixPath:
        """Return the path of a file in a container."""
        return self.mount_alias / self.reference(filename)

    def resolve(self, filename: str) -> Path:
        """Return the path on this side of the mount, without symbolic links."""
        relative = self.reference(filename)
        root = Path(os.path.realpath(self._root()))
        path = Path(os.path.realpath(root / relative))
        if path == root or not path.is_relative_to(root):
            raise self._not_allowed(filename, f"is a symbolic link to {str(path)!r}")
        return path

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

    def _root(self) -> Path:
        for root in (Path(self.mount_path), Path(self.mount_alias)):
            if root.is_dir():
                return root
        if self.mount_type == "Directory":
            raise FileNotThereError(
                f"filesystem {self.identifier!r}: neither mount_path {str(self.mount_path)!r} nor "
                f"mount_alias {str(self.mount_alias)!r} is a directory here; "
                "make or mount it, or set mount_type to DirectoryOrCreate."
            )
        root = Path(self.mount_path)
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileNotThereError(
                f"filesystem {self.identifier!r}: mount_path {str(root)!r} cannot be made: "
                f"{error.strerror}; choose another mount_path."
            ) from error
        return root

    def _inside(self, name: str) -> PurePosixPath:
        # POSIX leaves the meaning of exactly two leading slashes open; Linux takes them as one.
        path = PurePosixPath("/" + name.lstrip("/"))
        for root in (self.mount_path, self.mount_alias):
            if path.is_relative_to(root):
                return path.relative_to(root)
        raise self._not_allowed(name, "lies outside")

    def _refuse_nesting(self) -> None:
        path, alias = self.mount_path, self.mount_alias
        if path != alias and (path.is_relative_to(alias) or alias.is_relative_to(path)):
            raise SettingsError(
                f"mount_path {str(path)!r} and mount_alias {str(alias)!r} lie one inside the "
                "other, so a path could mean two files; choose an alias elsewhere, or the same."
            )

    def _not_allowed(self, filename: str, why: str) -> PathNotAllowedError:
        return PathNotAllowedError(
            f"filename {filename!r} {why}; filesystem {self.identifier!r} takes paths relative "
            f"to its mount, or under mount_path {str(self.mount_path)!r} or mount_alias "
            f"{str(self.mount_alias)!r}."
        )


def _absolute(setting: str, value: str | os.PathLike[str]) -> PurePosixPath:
    path = PurePosixPath(value)
    if not path.is_absolute() or ".." in path.parts:
        raise SettingsError(f"{setting} is {str(value)!r}; give an absolute path without '..'.")
    return PurePosixPath("/" + str(path).lstrip("/"))
