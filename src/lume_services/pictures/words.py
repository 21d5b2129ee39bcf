"""Text that fits: cleaned, measured and shortened without a font at hand."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("ijlI|.,:;' ")
_SLIM = frozenset('frt()[]/\\"-_*!`')
_BROAD = frozenset("mwMWOQ@%#&+<>=~^—…→")
_BOLD = 1.12
_ELLIPSIS = "…"
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """Return text in one line that any XML can hold."""
    spaced = " ".join(text.split())
    return "".join(letter if letter.isprintable() else _UNKNOWN for letter in spaced)


def width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide text is at most in the usual sans-serif fonts, in pixels."""
    return sum(map(_ems, text)) * size * (_BOLD if bold else 1)


def shortened(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return cleaned text, its end replaced by an ellipsis where it is wider than the room."""
    text = clean(text)
    if width(text, size, bold) <= room:
        return text
    left = room - width(_ELLIPSIS, size, bold)
    kept = 0
    for letter in text:
        left -= width(letter, size, bold)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + _ELLIPSIS


def lasted(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _ems(letter: str) -> float:
    if letter in _NARROW:
        return 0.34
    if letter in _SLIM:
        return 0.5
    if letter in _BROAD:
        return 1.0
    if letter.islower() or letter.isdigit() or letter in "{}":
        return 0.64
    wide = unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF
    return 1.3 if wide else 0.77
