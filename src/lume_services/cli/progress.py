"""What a running flow has come to, as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lume_services.cli.console import STATE_STYLES, Cell
from lume_services.cli.times import lasted

if TYPE_CHECKING:
    from lume_services.services.scheduling.run import RunInfo, TaskRunInfo
    from lume_services.services.scheduling.service import SchedulingService

Line = tuple[Cell, ...]

# Deeper ones would push their states off a terminal of 80 columns.
_DEEPEST = 12


@dataclass(frozen=True)
class Flow:
    """A run and, unless it ended well, its tasks and what became of the flows that it runs.

    Parameters
    ----------
    run, tasks
        The run and its tasks.
    children
        The flows that it has started, in that order.
    waiting
        Names of flows that it is to start.
    """

    run: RunInfo
    tasks: Sequence[TaskRunInfo] = ()
    children: Sequence[Flow] = ()
    waiting: Sequence[str] = ()

    @property
    def is_over(self) -> bool:
        """Whether the flow ended well, and there is nothing more to say."""
        return self.run.state_type == "COMPLETED"


def look(scheduling: SchedulingService, run_id: str, flows: Sequence[str]) -> Flow:
    """Read how far a run and the runs that it has started are.

    Parameters
    ----------
    scheduling
        The service that runs it.
    run_id
        The run.
    flows
        Names of the flows that it is to run as its children.
    """
    return _flow(scheduling, scheduling.run_info(run_id), flows)


def _flow(scheduling: SchedulingService, run: RunInfo, flows: Sequence[str] = ()) -> Flow:
    if run.state_type == "COMPLETED":
        return Flow(run)
    children = scheduling.child_runs(run)
    begun = {child.flow_name for child in children}
    return Flow(
        run,
        scheduling.task_runs(run),
        [_flow(scheduling, child) for child in children],
        [name for name in flows if name not in begun],
    )


def lines(flow: Flow, now: datetime, height: int) -> list[Line]:
    """Return the lines that fit: flows that run or failed go before all others.

    Parameters
    ----------
    flow
        What is to be shown.
    now
        The time, for how long flows have been running.
    height
        How many lines there is room for.
    """
    found: list[Line] = []
    for brief in (False, True):
        found = list(_of_flow(flow, now, brief))
        if len(found) <= height:
            return _aligned(found)
    # What runs stands behind what has failed, and inside what has started it.
    last = max(height - 2, 0)
    left_out = (Cell(f"  ... {len(found) - 1 - last} lines", "dim"),)
    return _aligned([found[0], left_out, *found[len(found) - last :]])[: max(height, 1)]


def _of_flow(flow: Flow, now: datetime, brief: bool, level: int = 0) -> Iterator[Line]:
    run, time = flow.run, lasted(flow.run.started, flow.run.ended or now)
    yield (
        Cell(_indent(level) + run.flow_name, "bold"),
        Cell(run.state_name, STATE_STYLES.get(run.state_type, "")),
        Cell("" if time == "-" else time, "dim"),
    )
    inner = _indent(level + 1)
    for name in dict.fromkeys(task.task_name for task in flow.tasks):
        tasks = [task for task in flow.tasks if task.task_name == name]
        yield (Cell(inner + name), *_states(tasks))
    over = sum(child.is_over for child in flow.children)
    if brief and over:
        yield (Cell(inner + _count(over), "dim"), Cell("Completed", "green"))
    for child in flow.children:
        if not (brief and child.is_over):
            yield from _of_flow(child, now, brief, level + 1)
    waiting = [_count(len(flow.waiting))] if brief and flow.waiting else flow.waiting
    for name in waiting:
        yield (Cell(inner + name, "dim"), Cell("waiting", "dim"))


def _indent(level: int) -> str:
    return "  " * min(level, _DEEPEST)


def _count(number: int) -> str:
    return f"{number} flow{'s' if number > 1 else ''}"


def _states(tasks: Sequence[TaskRunInfo]) -> Iterator[Cell]:
    counts = Counter((task.state_type, task.state_name) for task in tasks)
    for (state_type, state_name), number in counts.items():
        many = f"{number} " if len(tasks) > 1 else ""
        yield Cell(f"{many}{state_name}", STATE_STYLES.get(state_type, ""))


def _aligned(found: list[Line]) -> list[Line]:
    width = max(len(name.text) for name, *_ in found)
    return [(Cell(f"{name.text:<{width}}", name.style), *rest) for name, *rest in found]
