"""What a conformance case is: a flow, and all that must be seen of its run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import prefect

PREFECT = tuple(int(part) for part in prefect.__version__.split(".")[:3])

notes: list[str] = []
"""What the flows of a case wrote down in this process, in the order in which it happened."""

NOTES = "CONFORMANCE_NOTES"
"""Environment variable: the file for what is written down in other processes than the tests'."""


def note(text: object) -> int:
    """Write down that something happened; return how often it now has in this process."""
    notes.append(str(text))
    if NOTES in os.environ:
        with Path(os.environ[NOTES]).open("a") as file:
            file.write(f"{text}\n")
    return notes.count(str(text))


@dataclass(frozen=True, eq=False)
class Case:
    """A flow and what is expected of its last run.

    Parameters
    ----------
    flow, parameters
        What is run.
    returns
        The flow's result, or "Type: message" of its exception.
    state
        Type and name of the final state, in one word where they are the same.
    attempts
        How often the flow ran.
    tasks
        "name state-name attempts" of the task runs, sorted.
    children
        "name state-name attempts" of the child runs, sorted.
    notes
        What the flows wrote down over all runs.
    times
        How many runs there are, one after the other.
    checked_by_service
        Whether the scheduling service lets the parameters reach the engine.
    """

    flow: Any
    parameters: dict[str, Any] = field(default_factory=dict)
    returns: Any = None
    state: str = "Completed"
    attempts: int = 1
    tasks: Iterable[str] = ()
    children: Iterable[str] = ()
    notes: Iterable[str] = ()
    times: int = 1
    checked_by_service: bool = True

    @property
    def expected(self) -> Seen:
        return Seen(
            self.returns,
            self.state,
            self.attempts,
            list(self.tasks),
            list(self.children),
            list(self.notes),
        )


@dataclass(frozen=True)
class Seen:
    """What was seen of a run."""

    returns: Any
    state: str
    attempts: int
    tasks: list[str]
    children: list[str]
    notes: list[str]


def state_text(kind: str, name: str) -> str:
    """Return a state in one word where type and name are the same."""
    return name if name.upper() == kind else f"{kind}/{name}"
