"""Pictures as files."""

from __future__ import annotations

import os
from pathlib import Path

from lume_services.errors import InputError
from lume_services.pictures import png
from lume_services.services.files import atomic

_SUFFIXES = (".svg", ".png")


def check(path: Path) -> None:
    """Refuse a path that no picture can be written to, before the picture is drawn.

    Raises
    ------
    InputError
        If its suffix is neither .svg nor .png, its folder does not exist, or what PNG
        takes is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(f"{str(path)!r} is no name of a picture; end it in .svg or .png.")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise InputError(f"{str(path)!r} {what}; name a file in a folder that exists.")
    if suffix == ".png":
        png.require()


def save(svg: str, path: Path) -> None:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    svg
        The picture.
    path
        Ends in .svg or .png.
    """
    check(path)
    content = svg.encode() if path.suffix.lower() == ".svg" else png.render(svg)
    atomic.write(Path(os.path.realpath(path)), lambda scratch: scratch.write_bytes(content))
