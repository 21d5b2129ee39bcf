"""Shapes and text, collected as SVG; everything that is written is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree as ET

from lume_services.pictures import words
from lume_services.pictures.palette import DARK, LIGHT

Theme = Literal["light", "dark", "auto"]
"""``auto`` follows the reader's browser."""

FONTS = "Helvetica Neue, Arial, DejaVu Sans, sans-serif"
_MARGIN = 20.0


class Canvas:
    """A drawing whose parts are added one by one; its unit is a pixel.

    Parameters
    ----------
    theme
        The colours.
    """

    def __init__(self, theme: Theme = "light") -> None:
        self._theme = theme
        self._colours = DARK if theme == "dark" else LIGHT
        self._parts: list[ET.Element] = []

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        border: str | None = None,
        radius: float = 0,
        opacity: float = 1,
        dashed: bool = False,
        tip: str | None = None,
    ) -> None:
        """Add a rectangle.

        Parameters
        ----------
        x, y, width, height
            Its place.
        fill, border
            Names of colours.
        radius
            Of its corners.
        opacity
            Of the fill.
        dashed
            Whether the border is.
        tip
            What is shown when the pointer rests on it.
        """
        part = self._part("rect", fill, border, tip, opacity)
        _set(part, x=x, y=y, width=width, height=height, rx=radius)
        if dashed:
            part.set("stroke-dasharray", "4 3")

    def dot(self, x: float, y: float, radius: float, fill: str, border: str | None = None) -> None:
        """Add a circle."""
        _set(self._part("circle", fill, border), cx=x, cy=y, r=radius)

    def line(
        self,
        steps: Sequence[str | float],
        colour: str,
        *,
        thickness: float = 1,
        dashed: bool = False,
        tip: str | None = None,
    ) -> None:
        """Add a line along SVG path steps."""
        part = self._part("path", None, colour, tip)
        part.set("d", _steps(steps))
        part.set("stroke-width", _number(thickness))
        if dashed:
            part.set("stroke-dasharray", "2 3")

    def area(self, steps: Sequence[str | float], fill: str) -> None:
        """Add a filled shape within SVG path steps."""
        self._part("path", fill, None).set("d", _steps(steps))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = "text",
        *,
        size: float = 12,
        room: float | None = None,
        bold: bool = False,
        anchor: Literal["start", "middle", "end"] = "start",
    ) -> None:
        """Add a line of text.

        Parameters
        ----------
        x, y
            Where its base line begins, or ends, or has its middle.
        text
            Any text; it is written as it is, in one line.
        room
            Shorten it to this width; the whole is shown when the pointer rests on it.
        """
        whole = words.clean(text)
        shown = whole if room is None else words.shortened(whole, room, size, bold)
        part = self._part("text", colour, None, whole if shown != whole else None)
        _set(part, x=x, y=y)
        part.set("font-size", _number(size))
        if bold:
            part.set("font-weight", "bold")
        if anchor != "start":
            part.set("text-anchor", anchor)
        part.text = shown

    def svg(self, width: float, height: float, title: str) -> str:
        """Return the whole as an SVG document, with a margin around.

        Parameters
        ----------
        width, height
            Of what was drawn.
        title
            For those who cannot see it.
        """
        # A part of a pixel at the edge would be left without paper.
        width, height = math.ceil(width + 2 * _MARGIN), math.ceil(height + 2 * _MARGIN)
        root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")
        root.set("class", "lume-picture")
        root.set("aria-label", words.clean(title))
        root.set("font-family", FONTS)
        root.set("viewBox", f"0 0 {_number(width)} {_number(height)}")
        _set(root, width=width, height=height)
        if self._theme == "auto":
            ET.SubElement(root, "style").text = _dark_style()
        paper = ET.SubElement(root, "rect", fill=self._colours["paper"])
        paper.set("class", "f-paper")
        paper.set("width", "100%")
        paper.set("height", "100%")
        group = ET.SubElement(root, "g", transform=f"translate({_MARGIN:g} {_MARGIN:g})")
        group.extend(self._parts)
        return ET.tostring(root, encoding="unicode")

    def _part(
        self,
        tag: str,
        fill: str | None,
        border: str | None,
        tip: str | None = None,
        opacity: float = 1,
    ) -> ET.Element:
        part = ET.Element(tag, fill=self._colours[fill] if fill else "none")
        classes = [f"f-{fill}"] if fill else []
        if border:
            part.set("stroke", self._colours[border])
            classes.append(f"s-{border}")
        if opacity != 1:
            part.set("fill-opacity", _number(opacity))
        part.set("class", " ".join(classes))
        if tip is not None:
            ET.SubElement(part, "title").text = words.clean(tip)
        self._parts.append(part)
        return part


def _dark_style() -> str:
    # The attributes give the light colours; a style sheet overrides attributes.
    rules = (
        f".lume-picture .f-{name}{{fill:{colour}}}.lume-picture .s-{name}{{stroke:{colour}}}"
        for name, colour in DARK.items()
    )
    return f"@media (prefers-color-scheme: dark){{{''.join(rules)}}}"


def _set(part: ET.Element, **numbers: float) -> None:
    for name, number in numbers.items():
        part.set(name, _number(number))


def _steps(steps: Sequence[str | float]) -> str:
    return " ".join(step if isinstance(step, str) else _number(step) for step in steps)


def _number(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
