"""The lines of a time line: flows with their tasks, and who waited for whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from lume_services.pictures import words
from lume_services.pictures.history import Span

Parents = Mapping[str, Collection[str]]
"""The flows of a flow-of-flows, and those whose results each needs."""

_MOST_TASKS = 12
_MOST_ROWS = 600


class Row(NamedTuple):
    """A line.

    Parameters
    ----------
    name, depth, is_flow
        The flow or task, and how many others it is in.
    span
        When it ran; None for what did not.
    note
        What is to be said of it.
    waited_for
        The flow that it waited for the longest.
    """

    name: str
    depth: int
    is_flow: bool
    span: Span | None
    note: str
    waited_for: str | None = None

    @property
    def good(self) -> bool:
        """Whether there is nothing to worry about."""
        return self.span is None or _completed(self.span)


def rows(run: Span, parents: Parents) -> list[Row]:
    """Return the lines of a run, in the order of their start.

    Parameters
    ----------
    run
        The run.
    parents
        Of a flow-of-flows: its flows, and those whose results each needs.
    """
    found = [*_of_run(run, parents), *_not_run(run, parents)]
    if len(found) <= _MOST_ROWS:
        return found
    more = f"and {len(found) - _MOST_ROWS} more flows and tasks"
    return [*found[:_MOST_ROWS], Row(more, 0, False, None, "")]


def _of_run(run: Span, parents: Parents) -> Iterator[Row]:
    children = run.children
    for span in run.inside:
        blocker = _blocker(span, children, parents) if span.is_flow else None
        note = _time(span)
        if blocker is not None and blocker.ended is not None and run.started is not None:
            waited = (blocker.ended - run.started).total_seconds()
            note += f", waited {words.lasted(waited)} for {blocker.name}"
        yield from _of_span(span, 0, note, blocker.name if blocker else None)


def _not_run(run: Span, parents: Parents) -> Iterator[Row]:
    if run.ended is None:
        return
    children = run.children
    for name, needed in parents.items():
        if name not in children:
            missing = [one for one in needed if not _completed(children.get(one))]
            reason = f": needs {', '.join(missing)}" if missing else ""
            yield Row(name, 0, True, None, f"not run{reason}")


def _of_span(span: Span, depth: int, note: str, waited_for: str | None = None) -> Iterator[Row]:
    yield Row(span.name, depth, span.is_flow, span, note, waited_for)
    tasks = 0
    for inner in span.inside:
        tasks += not inner.is_flow
        if inner.is_flow or tasks <= _MOST_TASKS:
            yield from _of_span(inner, depth + 1, _time(inner))
    if tasks > _MOST_TASKS:
        yield Row(f"and {tasks - _MOST_TASKS} more tasks", depth + 1, False, None, "")


def _blocker(span: Span, children: Mapping[str, Span], parents: Parents) -> Span | None:
    """Return the parent that ended last."""
    known = (children.get(name) for name in parents.get(span.name, ()))
    ended = [(parent.ended, parent) for parent in known if parent and parent.ended]
    return max(ended, key=lambda pair: pair[0])[1] if ended else None


def _time(span: Span) -> str:
    if span.seconds is None:
        return span.state_name
    lasted = words.lasted(span.seconds)
    return lasted if _completed(span) else f"{span.state_name} after {lasted}"


def _completed(span: Span | None) -> bool:
    return span is not None and span.state_type == "COMPLETED"
