"""A run's time line: when its flows and tasks ran, and who waited for whom."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import datetime

from lume_services.pictures import words
from lume_services.pictures.canvas import Canvas, Theme
from lume_services.pictures.heading import HEADING, heading
from lume_services.pictures.history import Span
from lume_services.pictures.layout import Point
from lume_services.pictures.palette import of_state
from lume_services.pictures.rows import Parents, Row, rows

_LABELS, _CHART, _NOTES, _GAP = (90.0, 240.0), 620.0, 250.0, 16.0
_FLOW_ROW, _TASK_ROW = 26.0, 19.0
_INDENT = 14.0
_AXIS = 24.0
_FLOW_SIZE, _TASK_SIZE = 12.0, 10.5
_SHORTEST = 1e-3


def timeline(run: Span, parents: Parents, now: datetime, theme: Theme = "light") -> str:
    """Return the time line of a run as SVG.

    Parameters
    ----------
    run
        The run.
    parents
        Of a flow-of-flows: its flows, and those whose results each needs.
    now
        The end of what is still running.
    theme
        The colours.
    """
    return _Drawing(Canvas(theme), run, rows(run, parents), now).draw(parents)


class _Drawing:
    def __init__(self, canvas: Canvas, run: Span, lines: Sequence[Row], now: datetime) -> None:
        self._canvas, self._run, self._lines, self._now = canvas, run, lines, now
        self._start = run.started or now
        self._seconds = max(((run.ended or now) - self._start).total_seconds(), _SHORTEST)
        self._left = _labels(lines) + _GAP
        heights = (_FLOW_ROW if row.is_flow else _TASK_ROW for row in lines)
        edges = list(itertools.accumulate(heights, initial=HEADING + _AXIS))
        self._bottom = edges[-1] + 4
        self._middles = [(top + bottom) / 2 for top, bottom in itertools.pairwise(edges)]

    def draw(self, parents: Parents) -> str:
        width = self._left + _CHART + _GAP + _NOTES
        heading(self._canvas, self._run.name, "time line", width, self._run)
        self._draw_axis()
        for row, middle in zip(self._lines, self._middles, strict=True):
            self._draw_waiting(row, middle)
        self._draw_waits(parents)
        for row, middle in zip(self._lines, self._middles, strict=True):
            self._draw_row(row, middle)
        return self._canvas.svg(width, self._bottom, f"time line of {self._run.name}")

    def _x(self, moment: datetime) -> float:
        return self._x_after((moment - self._start).total_seconds())

    def _x_after(self, seconds: float) -> float:
        return self._left + _CHART * min(max(seconds / self._seconds, 0.0), 1.0)

    def _draw_axis(self) -> None:
        step = _step(self._seconds / 6)
        y = HEADING + 10
        for number in range(math.floor(self._seconds / step) + 1):
            x = self._x_after(number * step)
            self._canvas.line(["M", x, y + 6, "L", x, self._bottom], "edge", thickness=0.5)
            text = words.lasted(number * step) if number else "0"
            self._canvas.text(x, y, text, "dim", size=10, anchor="middle")

    def _draw_waiting(self, row: Row, middle: float) -> None:
        if row.waited_for and row.span and row.span.started:
            start = self._x(row.span.started)
            steps = ("M", self._left, middle, "L", start, middle)
            self._canvas.line(steps, "none", dashed=True)

    def _draw_waits(self, parents: Parents) -> None:
        """Draw from the end of each flow to the start of those that waited for it."""
        flows = {
            row.name: (row, middle)
            for row, middle in zip(self._lines, self._middles, strict=True)
            if row.is_flow and row.depth == 0
        }
        waits = [
            (parent == row.waited_for, flows[parent], flows[name])
            for name, (row, _) in flows.items()
            for parent in parents.get(name, ())
            if parent in flows
        ]
        # Those that were waited for the longest are not to be covered by others.
        for longest, (parent, middle), (row, below) in sorted(waits, key=lambda wait: wait[0]):
            if row.span and row.span.started and parent.span and parent.span.ended:
                start = Point(self._x(parent.span.ended), middle)
                end = Point(max(self._x(row.span.started), start.x), below - 7)
                self._draw_wait(start, end, longest)

    def _draw_wait(self, start: Point, end: Point, longest: bool) -> None:
        colour, thickness = ("text", 1.2) if longest else ("none", 1.0)
        x, y = end
        steps = ("M", *start, "L", x, start.y, "L", x, y - 5)
        self._canvas.line(steps, colour, thickness=thickness)
        self._canvas.area(["M", x, y, "L", x - 3.5, y - 6, "L", x + 3.5, y - 6, "Z"], colour)

    def _draw_row(self, row: Row, middle: float) -> None:
        x, y = _INDENT * row.depth, middle + 4
        colour, size = ("text", _FLOW_SIZE) if row.is_flow and row.span else ("dim", _TASK_SIZE)
        room = self._left - _GAP - x
        self._canvas.text(x, y, row.name, colour, size=size, room=room, bold=row.is_flow)
        state = of_state(row.span.state_type) if row.span else "none"
        x, colour = self._left + _CHART + _GAP, "dim" if row.good else state
        self._canvas.text(x, y, row.note, colour, size=10.5, room=_NOTES)
        if row.span is None or row.span.started is None:
            return
        start, end = self._x(row.span.started), self._x(row.span.ended or self._now)
        height, opacity = (14.0, 1.0) if row.is_flow else (8.0, 0.6)
        self._canvas.box(
            *(start, middle - height / 2, max(end - start, 2.0), height),
            state,
            radius=2,
            opacity=opacity,
            tip=f"{row.name}: {row.span.state_name}, {row.note}",
        )


def _labels(lines: Sequence[Row]) -> float:
    least, most = _LABELS
    wide = (
        _INDENT * row.depth + words.width(words.clean(row.name), _FLOW_SIZE, row.is_flow)
        for row in lines
    )
    return min(max(least, *wide, 0), most)


def _step(least: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
