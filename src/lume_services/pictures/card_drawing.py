"""The box of a flow: its name, its parameters and its tasks, one below the other."""

from __future__ import annotations

from dataclasses import dataclass

from lume_services.pictures import words
from lume_services.pictures.canvas import Canvas
from lume_services.pictures.cards import RETURNED, TASK, Card
from lume_services.pictures.history import Span
from lume_services.pictures.layout import Point
from lume_services.pictures.model import Free, Mapping
from lume_services.pictures.palette import of_state

_PAD = 12.0
_GRAVITY = ("FAILED", "CRASHED", "CANCELLED", "CANCELLING", "RUNNING", "PAUSED", "PENDING")


@dataclass(frozen=True)
class CardDrawing:
    """Draws a flow's box.

    Parameters
    ----------
    canvas
        Where to.
    card
        What it shows.
    at, width
        Its place.
    run
        What the flow did in the run that the picture shows; None if it did not run.
    missed
        Why it is drawn as what is not there: the picture shows a run in which the flow did
        not run, say; else empty.
    """

    canvas: Canvas
    card: Card
    at: Point
    width: float
    run: Span | None
    missed: str

    def draw(self) -> None:
        """Draw it."""
        x, y, shape = self.at.x, self.at.y, self.card.shape
        border = of_state(self.run.state_type) if self.run else "edge"
        self.canvas.box(
            *(x, y, self.width, self.card.height),
            "card",
            border=border,
            radius=8,
            dashed=bool(self.missed),
            tip=f"flow {shape.name} of project {shape.project_name}",
        )
        if self.run:
            self.canvas.box(x, y, self.width, self.card.head - 2, border, radius=8, opacity=0.16)
        self._draw_head()
        for number, mapping in enumerate(shape.mappings):
            self._draw_mapping(mapping, y + self.card.input_height(number))
        self._draw_free()
        for number, task in enumerate(self.card.tasks):
            self._draw_task(task, y + self.card.tasks_top + TASK * number)
        self._draw_more_tasks()

    @property
    def _left(self) -> float:
        return self.at.x + _PAD

    @property
    def _right(self) -> float:
        return self.at.x + self.width - _PAD

    @property
    def _room(self) -> float:
        return self.width - 2 * _PAD

    @property
    def _ink(self) -> str:
        return "dim" if self.missed else "text"

    def _draw_head(self) -> None:
        state = self.run.state_name if self.run else self.missed
        y, room = self.at.y + 20, self._room
        if state:
            colour = of_state(self.run.state_type) if self.run else "dim"
            room -= words.width(state, 10.5, bold=True) + 8
            self.canvas.text(self._right, y, state, colour, size=10.5, bold=True, anchor="end")
        name = self.card.shape.name
        self.canvas.text(self._left, y, name, self._ink, size=13, bold=True, room=room)
        if self.card.second:
            self._note(self.at.y + 36, self.card.second)

    def _draw_mapping(self, mapping: Mapping, middle: float) -> None:
        kind = mapping.map_type
        badge = words.width(kind, 10, bold=True) + 12
        room = self._room - badge - 8
        self.canvas.text(self._left, middle + 4, mapping.parameter, self._ink, size=11.5, room=room)
        used = min(words.width(words.clean(mapping.parameter), 11.5), room) + 6
        if mapping.index and room - used > 20:
            place = (self._left + used, middle + 4)
            self.canvas.text(*place, mapping.index, "dim", size=10.5, room=room - used)
        x = self._right - badge
        self.canvas.box(x, middle - 8, badge, 16, kind, radius=8, opacity=0.14)
        place = (x + badge / 2, middle + 3.5)
        self.canvas.text(*place, kind, kind, size=10, bold=True, anchor="middle")

    def _draw_free(self) -> None:
        first = len(self.card.shape.mappings)
        for number, free in enumerate(self.card.free, start=first):
            self._draw_default(free, self.at.y + self.card.input_height(number) + 4)
        if self.card.more_free:
            y = self.at.y + self.card.input_height(first + len(self.card.free)) + 4
            self._note(y, f"and {self.card.more_free} more parameters")

    def _draw_default(self, free: Free, y: float) -> None:
        default = "required" if free.default is None else f"= {free.default}"
        wide = min(words.width(words.clean(default), 10.5), self._room / 2)
        room = self._room - wide - 8
        self.canvas.text(self._left, y, free.name, self._ink, size=11.5, room=room)
        self.canvas.text(self._right, y, default, "dim", size=10.5, room=wide, anchor="end")

    def _draw_task(self, task: str, y: float) -> None:
        x, wide = self._left - 4, self._room + 8
        if task == RETURNED:
            self.canvas.box(x, y + 1.5, wide, TASK - 3, "card", border="task", radius=4)
            self.canvas.text(x + 8, y + 15.5, task, self._ink, size=11.5)
            return
        spans = [span for span in self.run.inside if span.name == task] if self.run else []
        gravest = min(spans, key=_gravity, default=None)
        colour = of_state(gravest.state_type) if gravest else "task"
        opacity = 0.2 if gravest else 0.4 if self.run or self.missed else 1
        self.canvas.box(x, y + 1.5, wide, TASK - 3, colour, radius=4, opacity=opacity)
        note = _note(spans, gravest)
        taken = words.width(note, 10.5) + 8 if note else 0
        self.canvas.text(x + 8, y + 15.5, task, self._ink, size=11.5, room=wide - 16 - taken)
        if note:
            self.canvas.text(x + wide - 8, y + 15.5, note, colour, size=10.5, anchor="end")

    def _draw_more_tasks(self) -> None:
        if self.card.more_tasks:
            y = self.at.y + self.card.tasks_top + TASK * len(self.card.tasks) + 14
            self._note(y, f"and {self.card.more_tasks} more tasks")

    def _note(self, y: float, text: str) -> None:
        self.canvas.text(self._left, y, text, "dim", size=10.5, room=self._room)


def _note(spans: list[Span], gravest: Span | None) -> str:
    times = f"{len(spans)} times" if len(spans) > 1 else ""
    state = gravest.state_name if gravest and gravest.state_type != "COMPLETED" else ""
    return ", ".join(part for part in (times, state) if part)


def _gravity(span: Span) -> int:
    state = span.state_type
    return _GRAVITY.index(state) if state in _GRAVITY else len(_GRAVITY)
