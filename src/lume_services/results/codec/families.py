"""Which module encodes and decodes which kind of value.

A family is a module with ``encode(value, walk)``, None when the value is not its
own, and ``DECODERS`` by tag. NumPy's and pandas' are imported when a value or a tag
of theirs turns up, so neither is loaded for documents that hold neither.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from lume_services.results.codec import enums, leaves, references, stored, times
from lume_services.results.codec.walk import Decoder, Walk

TAG = "@lume"

_LIGHT = (leaves, times, enums, references, stored)
_DECODERS: dict[str, Decoder] = {
    tag: decoder for family in _LIGHT for tag, decoder in family.DECODERS.items()
}
_ARRAYS = "lume_services.results.codec.arrays"
_FRAMES = "lume_services.results.codec.frames"
# pandas comes first: its timestamps are datetimes, its arrays are NumPy's.
_HEAVY = {"pandas": _FRAMES, "numpy": _ARRAYS}
_TAGS = {
    "numpy": _ARRAYS,
    "ndarray": _ARRAYS,
    "timestamp": _FRAMES,
    "timestamp_difference": _FRAMES,
    "missing": _FRAMES,
    "column": _FRAMES,
    "index": _FRAMES,
    "series": _FRAMES,
    "dataframe": _FRAMES,
}


def encode(value: Any, walk: Walk) -> Any:
    """Encode a value that is neither plain JSON nor a plain container."""
    modules = [import_module(name) for lib, name in _HEAVY.items() if lib in sys.modules]
    for family in (*modules, *_LIGHT):
        tag = family.encode(value, walk)
        if tag is not None:
            return tag
    kind = type(value)
    raise walk.refused(
        f"is a {kind.__module__}.{kind.__qualname__}, which has no JSON form",
        "convert it to numbers, text, lists, dictionaries or arrays (for example .tolist(), "
        "dict(), .model_dump()), or save it as a file and keep the File in its place",
    )


def decoder(tag: Any) -> Decoder | None:
    """Return what decodes the tag; None if the tag is unknown."""
    if not isinstance(tag, str):
        return None
    if tag in _TAGS:
        decoders: dict[str, Decoder] = import_module(_TAGS[tag]).DECODERS
        return decoders[tag]
    return _DECODERS.get(tag)


def digest(tag: dict[str, Any]) -> str:
    """Return the digest of the content of an array's tag."""
    found: str = import_module(_ARRAYS).digest(tag)
    return found
