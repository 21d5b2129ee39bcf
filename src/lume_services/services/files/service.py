"""All configured filesystems, by identifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lume_services.errors import FileServiceError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lume_services.services.files.filesystem import FileStat, Filesystem

T = TypeVar("T")


class FileService:
    """The filesystems that files may be on.

    Parameters
    ----------
    filesystems
        Filesystems with different identifiers.

    Raises
    ------
    SettingsError
        If two filesystems have the same identifier.
    """

    def __init__(self, filesystems: Iterable[Filesystem]) -> None:
        self._filesystems: dict[str, Filesystem] = {}
        for filesystem in filesystems:
            if filesystem.identifier in self._filesystems:
                raise SettingsError(
                    f"two filesystems have the identifier {filesystem.identifier!r}; rename one."
                )
            self._filesystems[filesystem.identifier] = filesystem

    @property
    def identifiers(self) -> list[str]:
        """Names of the configured filesystems."""
        return list(self._filesystems)

    def get(self, identifier: str) -> Filesystem:
        """Return the filesystem of that name."""
        try:
            return self._filesystems[identifier]
        except (KeyError, TypeError):
            raise FileServiceError(
                f"no filesystem {identifier!r} is configured; there are: "
                f"{', '.join(self._filesystems) or 'none'}. Use one of them, or add it to the "
                "settings."
            ) from None

    def reference(self, identifier: str, filename: str) -> str:
        """Return the name to store for a file; see `Filesystem.reference`."""
        return self.get(identifier).reference(filename)

    def resolve(self, identifier: str, filename: str) -> Path:
        """Return where a file is on this machine."""
        return self.get(identifier).resolve(filename)

    def exists(self, identifier: str, filename: str) -> bool:
        """Say whether there is a file of that name."""
        return self.get(identifier).exists(filename)

    def write(
        self,
        identifier: str,
        filename: str,
        writer: Callable[[Path], object],
        create_dir: bool = False,
    ) -> FileStat:
        """Write a file whole or not at all; see `Filesystem.write`."""
        return self.get(identifier).write(filename, writer, create_dir)

    def read(
        self,
        identifier: str,
        filename: str,
        reader: Callable[[Path], T],
        expected: FileStat | None = None,
    ) -> T:
        """Return what a reader makes of a file; see `Filesystem.read`."""
        return self.get(identifier).read(filename, reader, expected)
