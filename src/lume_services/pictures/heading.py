"""The lines above a picture: what it shows, and the run's state."""

from __future__ import annotations

from lume_services.pictures import words
from lume_services.pictures.canvas import Canvas
from lume_services.pictures.history import Span
from lume_services.pictures.palette import of_state

HEADING = 58.0


def heading(canvas: Canvas, name: str, below: str, width: float, run: Span | None) -> None:
    """Draw the lines above a picture.

    Parameters
    ----------
    name, below
        What it shows, and what is to be said of it.
    width
        Of the picture.
    run
        The run that it shows.
    """
    canvas.text(0, 18, name, size=18, bold=True, room=width)
    canvas.text(0, 38, below, "dim", size=12, room=width)
    if run is None:
        return
    x = min(words.width(words.clean(below), 12), width) + 10
    canvas.dot(x + 4, 34, 4.5, of_state(run.state_type))
    canvas.text(x + 13, 38, run.state_name, of_state(run.state_type), size=12, bold=True)
    x += 13 + words.width(run.state_name, 12, bold=True) + 10
    canvas.text(x, 38, _times(run), "dim", size=12)


def _times(run: Span) -> str:
    if run.started is None:
        return ""
    started = f"started {run.started.astimezone():%Y-%m-%d %H:%M:%S}"
    return started if run.seconds is None else f"{started}, took {words.lasted(run.seconds)}"
