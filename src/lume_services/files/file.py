"""Typed files: an object, its serializer and where it is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from lume_services.errors import InputError
from lume_services.files.typed import S_co, Serializer, SerializerTyped
from lume_services.services.files.names import checked

if TYPE_CHECKING:
    from pathlib import Path

    from lume_services.services.files.filesystem import FileStat
    from lume_services.services.files.service import FileService

T = TypeVar("T")


class _NotGiven:
    """Tells an object that was not given from None, which some types can write."""

    def __repr__(self) -> str:
        return "<not given>"

    def __reduce__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = _NotGiven()


class File(SerializerTyped[S_co]):
    """A file on one of the configured filesystems, of the type that its serializer makes.

    ``CSVFile = File[CSVSerializer]`` makes and registers a type. Constructing a file
    touches nothing.

    Parameters
    ----------
    filename
        Path on the filesystem.
    filesystem_identifier
        Which of the configured filesystems.
    obj
        What `write` is to write.
    stat
        What the content must be, where that is known; checked when the file is read.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        filesystem_identifier: str = "local",
        obj: Any = NOT_GIVEN,
        *,
        stat: FileStat | None = None,
    ) -> None:
        self.required_serializer()
        self.filename = checked(filename)
        self.filesystem_identifier = filesystem_identifier
        self.stat = stat
        self._obj = obj
        self.pinned = stat is not None

    @property
    def obj(self) -> Any:
        """The object to write or the object last loaded; None where there is none."""
        return None if self._obj is NOT_GIVEN else self._obj

    @obj.setter
    def obj(self, obj: Any) -> None:
        self._obj = obj

    def write(self, obj: Any = NOT_GIVEN, create_dir: bool = False) -> dict[str, Any]:
        """Write the object whole or not at all, and return the file's JSON reference.

        Parameters
        ----------
        obj
            The object, unless it was given before. Falsy objects are objects.
        create_dir
            Make the missing directories above the file.
        """
        if obj is NOT_GIVEN:
            obj = self._obj
        if obj is NOT_GIVEN:
            raise InputError(
                f"{self!r} has no object to write; give it as write(obj) or "
                f"{type(self).__name__}(..., obj=obj)."
            )
        self._pin()
        self.stat = _files().write(
            self.filesystem_identifier,
            self.filename,
            lambda path: self.serializer().serialize(str(path), obj),
            create_dir,
        )
        self._obj = obj
        return self.jsonable_dict()

    def read(self: File[Serializer[T]]) -> T:
        """Return the object that the file holds, having checked size and digest if known."""
        value = _files().read(
            self.filesystem_identifier,
            self.filename,
            lambda path: self.serializer().deserialize(str(path)),
            self.stat,
        )
        return cast(T, value)

    def load_file(self: File[Serializer[T]]) -> T:
        """Read the object and keep it as `obj`."""
        value = self.read()
        self._obj = value
        return value

    def exists(self) -> bool:
        """Say whether the file is there."""
        return _files().exists(self.filesystem_identifier, self.filename)

    def resolve(self) -> Path:
        """Return where the file is, or would be, on this machine."""
        return _files().resolve(self.filesystem_identifier, self.filename)

    def jsonable_dict(self) -> dict[str, Any]:
        """Return the JSON reference: type, filename, filesystem, size and digest.

        The filename becomes the one that means the same file at any later time; size and
        digest are those of the last write, or None.
        """
        self._pin()
        return {
            "file_type": self.type_name(),
            "filename": self.filename,
            "filesystem_identifier": self.filesystem_identifier,
            "size": self.stat.size if self.stat else None,
            "sha256": self.stat.sha256 if self.stat else None,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, File):
            return NotImplemented
        return self._key() == other._key()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(filename={self.filename!r}, "
            f"filesystem_identifier={self.filesystem_identifier!r})"
        )

    def _key(self) -> tuple[object, ...]:
        return self.type_name(), self.filesystem_identifier, self.filename, self.stat

    def _pin(self) -> None:
        if not self.pinned:
            self.filename = _files().reference(self.filesystem_identifier, self.filename)
            self.pinned = True


def _files() -> FileService:
    # Declaring file types needs no settings, so their libraries wait for the first use.
    from lume_services import config

    return config.current().files
