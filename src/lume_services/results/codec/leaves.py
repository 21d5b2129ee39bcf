"""Numbers, texts, bytes, paths, identifiers, tuples and sets."""

from __future__ import annotations

import base64
import json
import math
import sys
from decimal import Decimal
from pathlib import Path, PosixPath, PurePath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any
from uuid import UUID

from lume_services.results.codec.walk import Decoder, Encoder, Walk

_INT64 = range(-(2**63), 2**63)
# Python reads no integer of more digits, as that could stall it.
_MAX_DIGITS = 4300


def nearest_double(number: Any) -> float | None:
    """Return what a number is searched by: the nearest finite double; None for NaN."""
    try:
        double = float(number)
    except (OverflowError, ValueError):
        return -sys.float_info.max if number < 0 else sys.float_info.max
    if math.isnan(double):
        return None
    return max(-sys.float_info.max, min(double, sys.float_info.max))


def searched(tag: dict[str, Any], value: Any) -> dict[str, Any]:
    """Add to a tag what it is searched by, if anything."""
    return tag if value is None else {**tag, "value": value}


def to_base64(data: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: Any) -> bytes:
    """Return the bytes of `to_base64`; strict in its alphabet and padding."""
    return base64.b64decode(text, validate=True)


def encode_float(value: float) -> Any:
    """Encode a float, tagged if JSON has no number for it."""
    if math.isfinite(value):
        return value
    return searched({"@lume": "float", "text": str(value)}, nearest_double(value))


def encode_int(value: int, walk: Walk) -> Any:
    """Encode an integer, tagged if stores would round it."""
    if value in _INT64:
        return value
    if abs(value) >= 10**_MAX_DIGITS:
        raise walk.refused(f"is an integer of more than {_MAX_DIGITS} digits", "save it as text")
    return {"@lume": "int", "text": str(value), "value": nearest_double(value)}


def storable(text: str) -> bool:
    """Say whether every store takes a text as it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def encode_text(value: str) -> Any:
    """Encode a text, tagged if a store could refuse it."""
    if storable(value):
        return value
    return {"@lume": "str", "data": to_base64(value.encode("utf-8", "surrogatepass"))}


def _encode_decimal(value: Decimal, walk: Walk) -> Any:
    finite = nearest_double(value) if not value.is_nan() else None
    return searched({"@lume": "decimal", "text": str(value)}, finite)


def _encode_complex(value: complex, walk: Walk) -> Any:
    return {"@lume": "complex", "real": walk(value.real), "imag": walk(value.imag)}


def _encode_set(value: set[Any] | frozenset[Any], walk: Walk) -> Any:
    items = sorted(
        (walk(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True)
    )
    return {"@lume": type(value).__name__, "items": items}


def _encode_path(value: PurePath, walk: Walk) -> Any:
    # A Path is a path of whichever machine reads it; a pure path keeps its flavour.
    flavour = "Path" if isinstance(value, Path) else type(value).__name__
    return {"@lume": "path", "flavour": flavour, "value": walk(str(value))}


_ENCODERS: dict[type, Encoder] = {
    complex: _encode_complex,
    bytes: lambda value, walk: {"@lume": "bytes", "data": to_base64(value)},
    tuple: lambda value, walk: {"@lume": "tuple", "items": walk.each(value)},
    set: _encode_set,
    frozenset: _encode_set,
    Decimal: _encode_decimal,
    UUID: lambda value, walk: {"@lume": "uuid", "value": str(value)},
    PosixPath: _encode_path,
    WindowsPath: _encode_path,
    PurePosixPath: _encode_path,
    PureWindowsPath: _encode_path,
}
_FLAVOURS: dict[str, type[PurePath]] = {
    "Path": Path,
    "PurePosixPath": PurePosixPath,
    "PureWindowsPath": PureWindowsPath,
}
_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: Any, walk: Walk) -> Any:
    """Encode a value of these kinds; None for any other."""
    encoder = _ENCODERS.get(type(value))
    return encoder(value, walk) if encoder else None


def _decode_complex(tag: dict[str, Any], walk: Walk) -> complex:
    return complex(float(walk.into("real", tag["real"])), float(walk.into("imag", tag["imag"])))


def _items(tag: dict[str, Any], walk: Walk) -> list[Any]:
    if not isinstance(tag["items"], list):
        raise TypeError("items is no list")
    return walk.each(tag["items"])


DECODERS: dict[str, Decoder] = {
    "float": lambda tag, walk: _SPECIAL_FLOATS[tag["text"]],
    "int": lambda tag, walk: int(tag["text"]),
    "str": lambda tag, walk: from_base64(tag["data"]).decode("utf-8", "surrogatepass"),
    "complex": _decode_complex,
    "bytes": lambda tag, walk: from_base64(tag["data"]),
    "tuple": lambda tag, walk: tuple(_items(tag, walk)),
    "set": lambda tag, walk: set(_items(tag, walk)),
    "frozenset": lambda tag, walk: frozenset(_items(tag, walk)),
    "decimal": lambda tag, walk: Decimal(tag["text"]),
    "uuid": lambda tag, walk: UUID(tag["value"]),
    "path": lambda tag, walk: _FLAVOURS[tag["flavour"]](walk(tag["value"])),
}
