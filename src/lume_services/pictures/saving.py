"""Pictures as files."""

from __future__ import annotations

import os
from pathlib import Path

from lume_services.errors import InputError
from lume_services.pictures import png
from lume_services.services.files import atomic

_SUFFIXES = (".svg", ".png")


def check(path: Path) -> None:
    """Refuse a path that no drawing can be written to, before it is drawn.

    Raises
    ------
    InputError
        As `check_name`.
    PluginError
        If what PNG takes is not installed.
    """
    check_name(path)
    if path.suffix.lower() == ".png":
        png.require()


def check_name(path: Path) -> None:
    """Refuse a path that no picture can be written to.

    Raises
    ------
    InputError
        If its suffix is neither .svg nor .png, or its folder does not exist.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{str(path)!r} is no name of a picture; end it in .svg or .png.")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise InputError(f"{str(path)!r} {what}; name a file in a folder that exists.")


def save(svg: str, path: Path) -> None:
    """Write a drawing, whole or not at all.

    Parameters
    ----------
    svg
        The drawing.
    path
        Ends in .svg or .png.
    """
    check(path)
    write(svg.encode() if path.suffix.lower() == ".svg" else png.render(svg), path)


def write(content: bytes, path: Path) -> None:
    """Write the content of a picture, whole or not at all."""
    atomic.write(Path(os.path.realpath(path)), lambda scratch: scratch.write_bytes(content))
