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


@dataclass(frozen=True)
class Flow:
    """A run and, while it runs or if it failed, its tasks."""

    run: RunInfo
    tasks: Sequence[TaskRunInfo] = ()

    @property
    def is_over(self) -> bool:
        """Whether the flow ended well, and there is nothing more to say."""
        return self.run.state_type == "COMPLETED"


@dataclass(frozen=True)
class Snapshot:
    """A run, its children in the order of their start, and flows that have not started."""

    top: Flow
    children: Sequence[Flow] = ()
    waiting: Sequence[str] = ()


def look(scheduling: SchedulingService, run_id: str, flows: Sequence[str]) -> Snapshot:
    """Read how far a run is.

    Parameters
    ----------
    scheduling
        The service that runs it.
    run_id
        The run.
    flows
        Names of the flows that it is to run as its children.
    """
    children = scheduling.child_runs(run_id)
    begun = {child.flow_name for child in children}
    return Snapshot(
        _flow(scheduling, scheduling.run_info(run_id)),
        [_flow(scheduling, child) for child in children],
        [name for name in flows if name not in begun],
    )


def _flow(scheduling: SchedulingService, run: RunInfo) -> Flow:
    return Flow(run, () if run.state_type == "COMPLETED" else scheduling.task_runs(run.id))


def lines(snapshot: Snapshot, now: datetime, height: int) -> list[Line]:
    """Return the lines that fit: flows that run or failed go before all others.

    Parameters
    ----------
    snapshot
        What is to be shown.
    now
        The time, for how long flows have been running.
    height
        How many lines there is room for.
    """
    begun, waiting = snapshot.children, snapshot.waiting
    everything = [line for flow in begun for line in _of_flow(flow, now, 2)]
    everything += [(Cell(f"  {name}"), Cell("waiting", "dim")) for name in waiting]
    top = list(_of_flow(snapshot.top, now, 0))
    if len(top) + len(everything) <= height:
        return _aligned([*top, *everything])
    over = sum(flow.is_over for flow in begun)
    brief: list[Line] = [(Cell(f"  {over} flows", "dim"), Cell("Completed", "green"))]
    brief += [line for flow in begun if not flow.is_over for line in _of_flow(flow, now, 2)]
    rest: Line = (Cell(f"  {len(waiting)} flows", "dim"), Cell("waiting", "dim"))
    room = max(height - len(top) - 1, 1)
    return _aligned([*top, *brief[:room], rest])[:height]


def _of_flow(flow: Flow, now: datetime, indent: int) -> Iterator[Line]:
    run = flow.run
    time = lasted(run.started, run.ended or now)
    yield (
        Cell(" " * indent + run.flow_name, "bold"),
        Cell(run.state_name, STATE_STYLES.get(run.state_type, "")),
        Cell("" if time == "-" else time, "dim"),
    )
    for name in dict.fromkeys(task.task_name for task in flow.tasks):
        tasks = [task for task in flow.tasks if task.task_name == name]
        yield (Cell(" " * (indent + 2) + name), *_states(tasks))


def _states(tasks: Sequence[TaskRunInfo]) -> Iterator[Cell]:
    counts = Counter((task.state_type, task.state_name) for task in tasks)
    for (state_type, state_name), number in counts.items():
        many = f"{number} " if len(tasks) > 1 else ""
        yield Cell(f"{many}{state_name}", STATE_STYLES.get(state_type, ""))


def _aligned(found: list[Line]) -> list[Line]:
    width = max(len(name.text) for name, *_ in found)
    return [(Cell(f"{name.text:<{width}}", name.style), *rest) for name, *rest in found]
