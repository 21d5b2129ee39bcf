"""What the history tells of runs, tasks and logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TERMINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
"""The types of the states in which a run has ended."""

COMPOSED = frozenset({"specification", "parameters"})
"""The parameters that runs of a flow-of-flows have, and of no other flow all of them."""


@dataclass(frozen=True)
class RunError:
    """The exception that ended a run: its class name, text and traceback, and its task."""

    type: str
    message: str
    traceback: str
    task_name: str | None = None


@dataclass(frozen=True)
class RunInfo:
    """A flow run.

    Parameters
    ----------
    id, name
        Identifier and readable name of the run.
    flow_name, project_name
        The flow that ran and its project.
    state_type, state_name
        For example ``COMPLETED`` and ``Completed``, or ``FAILED`` and ``TimedOut``.
    message
        The state's message, if it has one.
    parameters
        The parameters that the run was given.
    created, started, ended
        Times with zone; None where the run has not come so far.
    run_count
        How many times the flow was started, retries included.
    parent_run_id
        The run that this is a child of; None at the top.
    error
        The exception that ended the run, if one did.
    entrypoint, version, image
        Where the flow was, which version and in which image, as it was registered then; None
        where not known.
    resumes
        The run that this goes on with, if it was started to do so.
    """

    id: str
    name: str
    flow_name: str
    project_name: str
    state_type: str
    state_name: str
    message: str | None
    parameters: dict[str, Any]
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    run_count: int = 0
    parent_run_id: str | None = None
    error: RunError | None = None
    tags: tuple[str, ...] = field(default=())
    entrypoint: str | None = None
    version: str | None = None
    image: str | None = None
    resumes: str | None = None

    @property
    def is_composed(self) -> bool:
        """Whether it is a run of a flow-of-flows, whose parameters say which."""
        return self.parameters.keys() >= COMPOSED

    @property
    def reused(self) -> dict[str, str]:
        """The earlier runs whose results a run of a flow-of-flows uses, by flow."""
        return dict(self.parameters.get("reused") or {}) if self.is_composed else {}


@dataclass(frozen=True)
class TaskRunInfo:
    """A task run of a flow run."""

    id: str
    run_id: str | None
    task_name: str
    name: str
    state_type: str
    state_name: str
    message: str | None
    started: datetime | None
    ended: datetime | None
    run_count: int


@dataclass(frozen=True)
class LogLine:
    """One line that a flow or task run logged; ``level`` as in :mod:`logging`."""

    timestamp: datetime
    level: int
    logger: str
    message: str
    run_id: str | None
    task_run_id: str | None


@dataclass(frozen=True)
class Value:
    """What a flow or task returned: its JSON value, or what in it is not JSON.

    Parameters
    ----------
    value
        The JSON value; None where ``problem`` says why there is none.
    problem
        Type and place of what has no JSON form.
    """

    value: Any = None
    problem: str | None = None


@dataclass(frozen=True)
class RunResults:
    """What a run's flow and tasks returned.

    Parameters
    ----------
    returned
        The flow's return value; None where the flow did not end well.
    tasks
        Task name and value of every finished task run, in order.
    """

    returned: Value | None = None
    tasks: tuple[tuple[str, Value], ...] = ()
