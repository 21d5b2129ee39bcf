"""Filenames that every filesystem refuses."""

from __future__ import annotations

import os

from lume_services.errors import PathNotAllowedError


def checked(filename: str | os.PathLike[str]) -> str:
    """Return a filename as text that can be stored, or raise `PathNotAllowedError`.

    Parameters
    ----------
    filename
        Text, or a path object.
    """
    name = filename if isinstance(filename, str) else _text(filename)
    if not name:
        raise PathNotAllowedError("the filename is empty; give a file's name or path.")
    if "\0" in name:
        raise PathNotAllowedError(f"filename {name!r} holds a NUL character; remove it.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise PathNotAllowedError(
            f"filename {name!r} is not valid Unicode text, so no reference can hold it; rename it."
        ) from None
    return name


def _text(filename: object) -> str:
    path = os.fspath(filename) if isinstance(filename, os.PathLike) else filename
    if isinstance(path, str):
        return path
    raise PathNotAllowedError(
        f"filename {filename!r} is of type {type(filename).__name__}; give text or a path."
    )
