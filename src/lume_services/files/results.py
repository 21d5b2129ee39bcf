"""File results: what a flow saved, to be read and not written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from lume_services.errors import InputError
from lume_services.files.file import File
from lume_services.files.registry import from_reference
from lume_services.files.typed import S_co, Serializer, SerializerTyped

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from lume_services.services.files.filesystem import FileStat

T = TypeVar("T")
S = TypeVar("S", bound=Serializer[Any])


class FileResult(SerializerTyped[S_co]):
    """A saved file of the type that its serializer reads.

    Parameters
    ----------
    filename
        Path on the filesystem.
    filesystem_identifier
        Which of the configured filesystems.
    stat
        What the content must be, where that is known; checked when the file is read.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        filesystem_identifier: str = "local",
        *,
        stat: FileStat | None = None,
    ) -> None:
        made: type[File[Any]] = File.of(self.required_serializer())
        self._file = made(filename, filesystem_identifier, stat=stat)

    @classmethod
    def from_file(cls, file: File[S]) -> FileResult[S]:
        """Return the result that refers to a file.

        ``FileResult.from_file`` takes a file of any type, ``TextResult.from_file`` a text file.
        """
        made: type[FileResult[Any]] = cls
        if not hasattr(cls, "serializer"):
            made = cls.of(file.required_serializer())
        elif file.type_name() != cls.type_name():
            raise InputError(
                f"a {cls.type_name()} is expected, not a {file.type_name()}; "
                "use FileResult.from_file, which takes files of any type."
            )
        result = made.__new__(made)
        result._file = from_reference(file.jsonable_dict())
        return result

    @classmethod
    def from_reference(cls, rep: Mapping[str, Any]) -> FileResult[Any]:
        """Return the result that a JSON reference stands for."""
        return cls.from_file(from_reference(rep))

    @property
    def filename(self) -> str:
        """Path on the filesystem."""
        return self._file.filename

    @property
    def filesystem_identifier(self) -> str:
        """Which of the configured filesystems."""
        return self._file.filesystem_identifier

    @property
    def file(self) -> File[S_co]:
        """The file."""
        return self._file

    def read(self: FileResult[Serializer[T]]) -> T:
        """Return the object that the file holds, having checked size and digest if known."""
        return cast("T", self._file.read())

    def jsonable_dict(self) -> dict[str, Any]:
        """Return the file's JSON reference."""
        return self._file.jsonable_dict()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileResult) and self._file == other._file

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(filename={self.filename!r}, "
            f"filesystem_identifier={self.filesystem_identifier!r})"
        )
