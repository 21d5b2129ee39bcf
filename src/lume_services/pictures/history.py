"""What a run did, as spans within spans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lume_services.services.scheduling.run import RunInfo, TaskRunInfo
    from lume_services.services.scheduling.service import SchedulingService


@dataclass(frozen=True)
class Span:
    """A flow or task run, and what ran inside it.

    Parameters
    ----------
    name
        The flow's or task's name.
    state_type, state_name
        As in `RunInfo`.
    started, ended
        None where the run has not come so far.
    is_flow
        Whether it is a flow run.
    inside
        Its tasks and child flows in the order of their start.
    """

    name: str
    state_type: str
    state_name: str
    started: datetime | None = None
    ended: datetime | None = None
    is_flow: bool = False
    inside: tuple[Span, ...] = ()

    @property
    def children(self) -> dict[str, Span]:
        """The flow runs inside it by name; of several of a name the last."""
        return {span.name: span for span in self.inside if span.is_flow}

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it has not ended."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()


def span(run: RunInfo, scheduling: SchedulingService) -> Span:
    """Return a run with all that ran inside it.

    Parameters
    ----------
    run
        The run.
    scheduling
        Where it ran.
    """
    inside = [
        *(span(child, scheduling) for child in scheduling.child_runs(run.id)),
        *(_before(scheduling.run_info(earlier)) for earlier in run.reused.values()),
        *(_task(task) for task in scheduling.task_runs(run.id)),
    ]
    inside.sort(key=lambda each: each.started.timestamp() if each.started else float("inf"))
    return Span(
        run.flow_name,
        run.state_type,
        run.state_name,
        run.started,
        run.ended,
        is_flow=True,
        inside=tuple(inside),
    )


def _before(run: RunInfo) -> Span:
    """Return a flow whose earlier run is used, which takes no time here."""
    return Span(run.flow_name, run.state_type, run.state_name, is_flow=True)


def _task(task: TaskRunInfo) -> Span:
    return Span(task.task_name, task.state_type, task.state_name, task.started, task.ended)
