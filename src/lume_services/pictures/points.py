"""What a plot shows, and how: joined or not, told apart by colours or a colour bar."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

Number = int | float
Array = np.ndarray[Any, Any]

# More different numbers than these are told apart by a colour bar.
MOST_NUMBERS = 6
# Points are joined if neighbours differ by less than this, of how any two differ.
_SMOOTH = 0.3
_FEW = 5
# The ends of a wider axis would be beyond the largest number.
_LARGEST = 1e300
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """What an axis, or the colours, stand for.

    Parameters
    ----------
    name
        Its name.
    unit
        The unit of its values, where known.
    """

    name: str
    unit: str | None = None

    def label(self, power: int = 0) -> str:
        """Return its text, with the power of ten that its ticks leave out."""
        scale = f"10{str(power).translate(_SUPERSCRIPTS)}" if power else ""
        unit = " ".join(part for part in (scale, self.unit) if part)
        return f"{self.name} ({unit})" if unit else self.name


@dataclass(frozen=True)
class Series:
    """Points that belong together.

    Parameters
    ----------
    x, y
        Numbers; x may also be times.
    key
        What tells them from others.
    """

    x: Sequence[Any] | Array
    y: Sequence[Any] | Array
    key: Any = None


@dataclass(frozen=True)
class Plot:
    """What a plot shows.

    Parameters
    ----------
    x, y, by
        The axes, and what the colours stand for.
    series
        The points.
    curves
        Whether each series is a curve of its own.
    footer
        A line below it.
    texts
        The texts that the numbers of x stand for.
    """

    x: Axis
    y: Axis
    by: Axis | None
    series: Sequence[Series]
    curves: bool
    footer: str
    texts: Sequence[str] = ()

    @cached_property
    def size(self) -> int:
        """How many points there are."""
        return sum(len(series.x) for series in self.series)

    @cached_property
    def joined(self) -> bool:
        """Whether the points of each series are joined."""
        return self.curves or (not self.texts and all(map(is_curve, self.series)))

    @cached_property
    def numeric(self) -> bool:
        """Whether a colour bar tells the series apart."""
        return len(self.keys) > MOST_NUMBERS and all(map(is_number, self.keys))

    @cached_property
    def keys(self) -> list[Any]:
        """The different keys of the series, in order."""
        return list(dict.fromkeys(series.key for series in self.series))


def grouped(points: Iterable[tuple[Any, Any, Hashable]]) -> list[Series]:
    """Return series of the points with the same key, in order of key and x."""
    found: dict[Hashable, list[tuple[Any, Any]]] = {}
    for x, y, key in points:
        found.setdefault(key, []).append((x, y))
    keys = sorted(found, key=lambda key: (is_number(key), key if is_number(key) else str(key)))
    series = []
    for key in keys:
        pairs = sorted(found[key], key=lambda pair: pair[0])
        series.append(Series([x for x, _ in pairs], [y for _, y in pairs], key))
    return series


def is_curve(series: Series) -> bool:
    """Tell whether a line through the points, which are in order of x, helps the eye."""
    if len(series.x) < 2 or len(set(series.x)) < len(series.x):
        return False
    if len(series.x) <= _FEW:
        return True
    if min(series.y) == max(series.y):
        return True
    # Von Neumann's ratio, of ranks so that outliers do not matter: 1 for values in no order.
    ranks = np.argsort(np.argsort(np.asarray(series.y, float))).astype(float)
    return bool(np.square(np.diff(ranks)).mean() < _SMOOTH * 2 * ranks.var())


def power(values: Iterable[Any]) -> int:
    """Return the power of ten that ticks for these numbers leave out; 0 for none."""
    largest = max((abs(value) for value in values if is_number(value)), default=0)
    if largest == 0 or 1e-2 <= largest < 1e5:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number, no larger than axes can be."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -_LARGEST < value < _LARGEST


def is_time(value: Any) -> bool:
    """Tell whether a value is a moment."""
    return isinstance(value, datetime)
