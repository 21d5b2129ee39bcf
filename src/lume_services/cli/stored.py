"""Stored values for people."""

from __future__ import annotations

from typing import Any

_ITEMS_SHOWN = 20


def readable(stored: Any) -> Any:
    """Return the value that a stored one stands for, or itself where its type is not known."""
    from lume_services.results.finding import columns

    return columns.readable(stored)


def summary(value: Any) -> Any:
    """Return a value with its arrays, tables and long lists in one line each."""
    if isinstance(value, dict):
        return {str(key): summary(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if len(value) > _ITEMS_SHOWN:
            return f"{type(value).__name__} of {len(value)}, from {value[0]} to {value[-1]}"
        return [summary(item) for item in value]
    if not hasattr(value, "shape"):
        return value
    return _array(value) if value.shape else value.item()


def _array(value: Any) -> str:
    shape = "x".join(map(str, value.shape))
    dtype = getattr(value, "dtype", None)
    # A large array would be read for its range; it has a digest.
    if dtype is None or dtype.kind not in "iuf" or value.size == 0 or hasattr(value, "sha256"):
        return f"{type(value).__name__} {shape} {dtype or ''}".rstrip()
    return f"{type(value).__name__} {shape} {dtype}, from {value.min():.6g} to {value.max():.6g}"
