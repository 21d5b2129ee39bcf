"""The commands ``lume-services schedules``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from lume_services.cli import console
from lume_services.cli.console import Cell
from lume_services.cli.count import Count

if TYPE_CHECKING:
    from datetime import datetime

    from lume_services.services.scheduling.schedule import FlowSchedule

app = App(name="schedules", help="List schedules of flows; pause or resume one; show next runs.")

_FlowName = Annotated[str, Parameter(name="FLOW")]


@app.default
@app.command(name="list")
def list_schedules(*, project: str | None = None) -> None:
    """List the schedules of flows.

    Parameters
    ----------
    project
        Only flows of this project.
    """
    from lume_services import config

    found = config.current().scheduling.schedules(project)
    if console.for_programs.get():
        console.document([asdict(each) for each in found])
        return
    columns = ("FLOW", "PROJECT", "RULE", "TIME ZONE", "STATE", "NEXT")
    console.table(columns, [_row(each) for each in found])


@app.command(name="next")
def next_runs(*, project: str | None = None, limit: Count = 10) -> None:
    """Show when schedules start the next runs.

    Parameters
    ----------
    project
        Only flows of this project.
    limit
        How many at most.
    """
    from lume_services import config

    found = config.current().scheduling.next_runs(limit, project)
    if console.for_programs.get():
        flows = [(time, each.flow_name, each.project_name) for time, each in found]
        keys = ("time", "flow_name", "project_name")
        console.document([dict(zip(keys, values, strict=True)) for values in flows])
        return
    rows = [[_time(time), each.flow_name, each.project_name] for time, each in found]
    console.table(("TIME", "FLOW", "PROJECT"), rows)


@app.command
def pause(flow: _FlowName, /, *, project: str) -> None:
    """Let a flow's schedule start no more runs.

    Parameters
    ----------
    flow
        The flow.
    project
        Its project.
    """
    from lume_services import config

    config.current().scheduling.pause_schedule(flow, project)


@app.command
def resume(flow: _FlowName, /, *, project: str) -> None:
    """Let a flow's schedule start runs again.

    Parameters
    ----------
    flow
        The flow.
    project
        Its project.
    """
    from lume_services import config

    config.current().scheduling.resume_schedule(flow, project)


def _row(each: FlowSchedule) -> list[str | Cell]:
    state = Cell("active", "green") if each.active else Cell("paused", "yellow")
    when = _time(each.next_runs[0]) if each.next_runs else "-"
    schedule = each.schedule
    return [each.flow_name, each.project_name, schedule.rule, schedule.timezone, state, when]


def _time(time: datetime) -> str:
    """Return a time in the schedule's zone, to the second."""
    return time.isoformat(sep=" ", timespec="seconds")
