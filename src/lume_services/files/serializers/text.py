"""Plain text."""

from __future__ import annotations

from pathlib import Path

from lume_services.errors import FileCorruptError, InputError


class TextSerializer:
    """Text as UTF-8; line ends are kept as they are."""

    def serialize(self, filename: str, obj: str) -> None:
        """Write text."""
        if not isinstance(obj, str):
            raise InputError(
                f"a text file holds str, not {type(obj).__name__}; convert it to text, or use "
                "JSONFile or YAMLFile."
            )
        try:
            content = obj.encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"the text cannot be written as UTF-8 ({error.reason} at character "
                f"{error.start}); remove the lone surrogate."
            ) from None
        Path(filename).write_bytes(content)

    @classmethod
    def deserialize(cls, filename: str) -> str:
        """Read text."""
        try:
            return Path(filename).read_bytes().decode()
        except UnicodeDecodeError as error:
            raise FileCorruptError(
                f"{filename!r} is not UTF-8 text ({error.reason} at byte {error.start}); "
                "read it with the type that wrote it."
            ) from None
