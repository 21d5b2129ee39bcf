"""Two arrays compared a block at a time, so that neither need fit into memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

_BLOCK = 1 << 22
"""Bytes of an array that are read at once, or one row."""

_LONG = 8


@dataclass(frozen=True)
class Elements:
    """How the elements of two arrays of one shape differ.

    Parameters
    ----------
    count, size
        How many differ, of how many.
    largest
        The largest magnitude of a difference; None where the elements are no numbers. NaN
        on one side only is counted, but has no part in this and the norms.
    norm
        The norm of the differences.
    norm_before
        The norm of the first array.
    """

    count: int
    size: int
    largest: float | None = None
    norm: float | None = None
    norm_before: float | None = None


def as_array(value: Any) -> Any:
    """Return an array as it is, a long list of numbers as an array, None for any other value."""
    if isinstance(value, np.ndarray) or (hasattr(value, "sha256") and hasattr(value, "dtype")):
        return value
    if isinstance(value, list) and len(value) >= _LONG and set(map(type, value)) <= {int, float}:
        array = np.array(value)
        return array if array.dtype.kind in "if" else None
    return None


def columns(value: Any) -> dict[str, Any] | None:
    """Return a table of pandas as its index and columns; None for any other value."""
    if type(value).__module__.partition(".")[0] != "pandas":
        return None
    if hasattr(value, "columns"):
        parts = {str(name): value[name].to_numpy() for name in value.columns}
        return {"index": value.index.to_numpy(), **parts}
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        return {"index": value.index.to_numpy(), "values": value.to_numpy()}
    return None


def same(a: Any, b: Any) -> bool:
    """Say whether arrays are equal in type, shape and every element; NaN equals NaN."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    digests = [getattr(each, "sha256", None) for each in (a, b)]
    if None not in digests:
        return bool(digests[0] == digests[1])
    return all(not _differing(x, y).any() for x, y in _blocks(a, b))


def compare(a: Any, b: Any) -> Elements | None:
    """Return how the elements of two arrays differ; None where their shapes do."""
    if a.shape != b.shape:
        return None
    numbers = a.dtype.kind in "iufc" and b.dtype.kind in "iufc"
    count, largest, norm, norm_before = 0, 0.0, 0.0, 0.0
    for x, y in _blocks(a, b):
        differing = _differing(x, y)
        count += int(np.count_nonzero(differing))
        if numbers:
            apart = _apart(x, y, differing)
            largest = max(largest, float(apart.max(initial=0.0)))
            norm = math.hypot(norm, _norm(apart))
            norm_before = math.hypot(norm_before, _norm(np.abs(_wide(x))))
    size = math.prod(a.shape)
    return Elements(count, size, largest, norm, norm_before) if numbers else Elements(count, size)


def _blocks(a: Any, b: Any) -> Iterator[tuple[Any, Any]]:
    if not a.shape:
        yield np.asarray(a), np.asarray(b)
        return
    row = math.prod(a.shape[1:]) * max(a.dtype.itemsize, b.dtype.itemsize, 1)
    step = max(1, _BLOCK // max(row, 1))
    for start in range(0, a.shape[0], step):
        yield np.asarray(a[start : start + step]), np.asarray(b[start : start + step])


def _differing(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if x.dtype == y.dtype and x.tobytes() == y.tobytes():
        return np.zeros(x.shape, bool)
    try:
        differing = np.asarray(x != y)
        # NaN, and the time that is none, are the only values that are not themselves.
        unequal = differing & ~np.asarray((x != x) & (y != y))  # noqa: PLR0124
        return np.asarray(unequal)
    except TypeError:  # times against numbers, say
        return np.ones(x.shape, bool)


def _apart(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], differing: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    with np.errstate(all="ignore"):
        apart = np.abs(np.where(differing, _wide(x) - _wide(y), 0))
    return np.asarray(apart[~np.isnan(apart)])


def _wide(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return numbers in a type in which differences neither wrap nor overflow."""
    return x.astype(np.result_type(x.dtype, np.float64))


def _norm(magnitudes: np.ndarray[Any, Any]) -> float:
    finite = magnitudes[~np.isnan(magnitudes)]
    largest = float(finite.max(initial=0.0))
    if largest == 0 or math.isinf(largest):
        return largest
    return largest * float(np.linalg.norm(finite.ravel() / largest))
