"""Selected results as plots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import numpy as np

from lume_services.errors import InputError
from lume_services.pictures.points import Axis, Plot, Series, grouped, is_number, is_time
from lume_services.results.finding.columns import scalar, units_path
from lume_services.results.finding.expression import compile_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lume_services.results.finding.selection import Selection

_FOOTER = 110


def plot(
    selection: Selection, x: str, y: str, *, by: str | None, log_x: bool, log_y: bool
) -> Figure:
    """Return a figure of what stands at two paths.

    Points are joined where they make a curve; arrays at both paths are a curve for each result.
    Few different values of ``by`` have colours and a legend, many numbers a colour bar. The unit
    of ``outputs.size`` is the text at ``outputs.units.size``, where there is one.
    """
    from lume_services.pictures.plot import MOST_NAMES, figure

    asked = {"x": x, "y": y, **({} if by is None else {"by": by})}
    points = _Points(selection, {name: compile_path(path) for name, path in asked.items()})
    points.read(log_x, log_y)
    shown = points.plot(asked)
    if not shown.numeric and len(shown.keys) > MOST_NAMES:
        raise InputError(
            f"{by} has more than {MOST_NAMES} different values that are no numbers; narrow the "
            "query, or choose another path"
        )
    return figure(shown, log_x=log_x, log_y=log_y)


class _Points:
    def __init__(self, selection: Selection, paths: dict[str, str]) -> None:
        self._selection, self._paths = selection, paths
        self._points: list[tuple[Any, Any, Any]] = []
        self._curves: list[Series] = []
        self._units: dict[str, str] = {}
        self._skipped = 0

    def read(self, log_x: bool, log_y: bool) -> None:
        """Read what can be shown, and count what cannot."""
        for row in self._rows():
            x, y = (_plain(row.get(self._paths[name])) for name in ("x", "y"))
            by = _key(row.get(self._paths.get("by", "")))
            if by is None and "by" in self._paths:
                self._skipped += 1
            elif isinstance(y, np.ndarray) and isinstance(x, np.ndarray):
                self._curves.append(self._curve(x, y, by))
            elif _can_be(x, log_x) and _is_y(y, log_y):
                self._points.append((x, y, by))
            else:
                self._skipped += 1
        if not (self._points or self._curves):
            raise InputError(
                f"no result has values to plot at {self._paths['x']} and {self._paths['y']}: "
                f"{self._skipped} were looked at; check the paths with `results find --columns`"
            )

    def plot(self, asked: dict[str, str]) -> Plot:
        """Return what is shown."""
        axes = self._axes(asked)
        points, texts = self._placed()
        if self._curves and points:
            raise InputError(
                f"some results have arrays at {asked['x']} and {asked['y']} and some have numbers; "
                "narrow the query"
            )
        return Plot(
            **axes,
            series=self._curves or grouped(points),
            curves=bool(self._curves),
            footer=self._footer(),
            texts=texts,
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        units = {name: units_path(path) for name, path in self._paths.items()}
        wanted = dict.fromkeys([*self._paths.values(), *units.values()])
        columns = {path: path for path in wanted}
        for stored in replace(self._selection, columns=columns).documents(list(columns)):
            for name, path in units.items():
                if isinstance(stored.get(path), str):
                    self._units[name] = stored[path]
            yield {path: scalar(value) for path, value in stored.items()}

    def _curve(self, x: Any, y: Any, by: Any) -> Series:
        if x.shape != y.shape or x.ndim != 1:
            raise InputError(
                f"arrays of the shapes {x.shape} at {self._paths['x']} and {y.shape} at "
                f"{self._paths['y']} make no curve; give arrays of one length"
            )
        return Series(x, y, by)

    def _placed(self) -> tuple[list[tuple[Any, Any, Any]], list[str]]:
        """Return the points, with the texts at x as places on the axis."""
        kinds = {_kind(x) for x, _, _ in self._points}
        if len(kinds) > 1:
            raise InputError(
                f"the values at {self._paths['x']} are {' and '.join(sorted(kinds))}; narrow the "
                "query to those of one kind"
            )
        if kinds != {"texts"}:
            return self._points, []
        texts = sorted({x for x, _, _ in self._points})
        places = {text: place for place, text in enumerate(texts)}
        return [(places[x], y, by) for x, y, by in self._points], texts

    def _axes(self, asked: dict[str, str]) -> dict[str, Any]:
        last = {name: path.rpartition(".")[2] for name, path in asked.items()}
        unique = len(set(last.values())) == len(set(asked.values()))
        axes: dict[str, Any] = {"by": None}
        for name, path in asked.items():
            unit = self._units.get(name)
            if name == "x" and self._points and is_time(self._points[0][0]):
                unit = "UTC"
            axes[name] = Axis(last[name] if unique else path, unit)
        return axes

    def _footer(self) -> str:
        number = len(self._points) or len(self._curves)
        what = "curve" if self._curves else "point"
        project = self._selection.project
        where = self._selection.where
        parts = [
            f"project {project}" if project else "all projects",
            f"{number} {what}{'s' if number > 1 else ''}",
            f"{self._skipped} without values" if self._skipped else "",
            where if len(where) <= _FOOTER else f"{where[:_FOOTER]}…",
        ]
        return "  ·  ".join(part for part in parts if part)


def _plain(value: Any) -> Any:
    """Return a number, text or time, an array of numbers, or else None."""
    if isinstance(value, list) and value and all(map(is_number, value)):
        return np.asarray(value, float)
    if getattr(value, "shape", ()):
        numbers = getattr(value, "dtype", np.dtype(object)).kind in "biuf" and value.size
        return np.asarray(value).astype(float) if numbers else None
    if is_time(value):
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, bool):
        return str(value)
    return value if is_number(value) or isinstance(value, str) else None


def _key(value: Any) -> Any:
    plain = _plain(value)
    if isinstance(plain, np.ndarray):
        return None
    return plain.isoformat(" ") if is_time(plain) else plain


def _can_be(x: Any, log: bool) -> bool:
    if log:
        return is_number(x) and x > 0
    return is_number(x) or is_time(x) or isinstance(x, str)


def _is_y(y: Any, log: bool) -> bool:
    return is_number(y) and (y > 0 or not log)


def _kind(x: Any) -> str:
    return "texts" if isinstance(x, str) else "times" if is_time(x) else "numbers"
