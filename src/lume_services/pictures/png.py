"""SVG as PNG."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from lume_services.errors import InputError
from lume_services.pictures.canvas import FONTS

if TYPE_CHECKING:
    from types import ModuleType

_SHARP = 2.0
_MOST_PIXELS = 32e6
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    '<text y="16" font-family="{fonts}">{letter}</text></svg>'
)


def render(svg: str) -> bytes:
    """Return an SVG document as PNG, two pixels for one unless it were too large.

    Parameters
    ----------
    svg
        The document.

    Raises
    ------
    InputError
        If what it takes is missing; says how to get it.
    """
    renderer = require()
    root = ET.fromstring(svg)  # noqa: S314  (of our own making)
    pixels = float(root.attrib["width"]) * float(root.attrib["height"])
    zoom = min(_SHARP, math.sqrt(_MOST_PIXELS / pixels))
    image: bytes = renderer.svg_to_bytes(svg_string=svg, zoom=zoom, font_dirs=_font_folders())
    return image


def require(fonts: str = FONTS) -> ModuleType:
    """Return the renderer, if it can write text.

    Parameters
    ----------
    fonts
        The fonts that the text may have.

    Raises
    ------
    InputError
        If it is not installed or finds no such font; says how to get it.
    """
    try:
        import resvg_py
    except ModuleNotFoundError as error:
        raise InputError(
            "a PNG picture needs the package resvg-py; install lume-services[png], "
            "or give a name that ends in .svg."
        ) from error
    images = {
        resvg_py.svg_to_bytes(
            svg_string=_PROBE.format(fonts=fonts, letter=letter), font_dirs=_font_folders()
        )
        for letter in ("M", "")
    }
    if len(images) == 1:
        raise InputError(
            "a PNG picture needs one of the fonts DejaVu Sans or Arial, and this machine has "
            "neither; install one (package fonts-dejavu-core, or Matplotlib, which brings it), or "
            "give a name that ends in .svg."
        )
    return resvg_py


def _font_folders() -> list[str]:
    """Return where Matplotlib, if it is installed, keeps DejaVu Sans; it is not imported."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    return [str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf")]
