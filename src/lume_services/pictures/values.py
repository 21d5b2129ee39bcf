"""Values in a few words."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

_MOST_ROWS = 40
_WIDTH = 120

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _WIDTH
_brief.maxlist = _brief.maxtuple = _brief.maxset = 8


def named(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the paths and short descriptions of nested values, a limited number of them.

    Parameters
    ----------
    values
        Values by name; dictionaries in it are opened, but for references of files and
        results.
    """
    found = list(_flat(values, ""))
    if len(found) > _MOST_ROWS:
        found[_MOST_ROWS:] = [("", f"and {len(found) - _MOST_ROWS} more")]
    return found


def brief(value: Any) -> str:
    """Describe a value: arrays and tables by shape, type and range, long text cut.

    Parameters
    ----------
    value
        Any value.
    """
    if getattr(value, "shape", ()):
        return _array(value)
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    return _brief.repr(value)


def _flat(values: Mapping[str, Any], start: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict) and {"file_type", "filename"} <= value.keys():
            yield f"{start}{name}", f"{value['file_type']} {value['filename']}"
        elif isinstance(value, dict) and {"result_type", "unique_hash"} <= value.keys():
            yield f"{start}{name}", f"{value['result_type']} {value['unique_hash']}"
        elif isinstance(value, dict) and value:
            yield from _flat(value, f"{start}{name}.")
        else:
            yield f"{start}{name}", brief(value)


def _array(value: Any) -> str:
    shape = " x ".join(map(str, value.shape))
    dtype = getattr(value, "dtype", None)
    # A large array of a result would be read for its range; it has a digest.
    if dtype is None or dtype.kind not in "iuf" or value.size == 0 or hasattr(value, "sha256"):
        return f"{type(value).__name__} {shape} {dtype or ''}".rstrip()
    return f"{type(value).__name__} {shape} {dtype}, from {value.min():.6g} to {value.max():.6g}"
