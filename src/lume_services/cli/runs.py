"""The commands ``lume-services runs``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from lume_services.cli import console
from lume_services.cli.console import Cell
from lume_services.cli.count import Count
from lume_services.cli.times import lasted, when

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.services.scheduling.run import RunInfo, TaskRunInfo

app = App(name="runs", help="List runs; show one, or its logs.")

_RUN_COLUMNS = ("ID", "FLOW", "PROJECT", "STATE", "STARTED", "TIME")
_TASK_COLUMNS = ("TASK", "STATE", "TIME", "ATTEMPTS", "MESSAGE")


@app.default
def list_runs(*, project: str | None = None, limit: Count = 50) -> None:
    """List runs, newest first.

    Parameters
    ----------
    project
        Only runs of this project.
    limit
        How many at most.
    """
    from lume_services import config

    runs = config.current().scheduling.runs(limit=limit, project_name=project)
    if console.for_programs.get():
        console.document([document(run) for run in runs])
    else:
        console.table(_RUN_COLUMNS, [_run_row(run) for run in runs])


@app.command
def show(run_id: Annotated[str, Parameter(name="ID")], /) -> None:
    """Show a run with its tasks and child runs.

    Parameters
    ----------
    run_id
        The run, or the beginning of its id.
    """
    from lume_services import config

    services = config.current()
    scheduling = services.scheduling
    run = scheduling.run_info(run_id)
    tasks, children = scheduling.task_runs(run.id), scheduling.child_runs(run.id)
    result = _result(run, services)
    if console.for_programs.get():
        parts: dict[str, Any] = {"tasks": [asdict(task) for task in tasks], "result": result}
        parts["children"] = [document(child) for child in children]
        console.document({**document(run), **parts})
        return
    made = [("result", console.short(result))] if result else []
    console.fields([*_described(run), *made])
    if tasks:
        console.write()
        console.table(_TASK_COLUMNS, [_task_row(task) for task in tasks])
    if children:
        console.write()
        console.table(_RUN_COLUMNS, [_run_row(child) for child in children])
    if run.reused:
        console.write()
        console.fields([(f"reused {name}", console.short(id_)) for name, id_ in run.reused.items()])


@app.command
def logs(
    run_id: Annotated[str, Parameter(name="ID")],
    /,
    *,
    follow: Annotated[bool, Parameter(name=("-f", "--follow"), negative=())] = False,
    children: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show what a run and its tasks logged.

    Parameters
    ----------
    run_id
        The run, or the beginning of its id.
    follow
        Go on with what it logs until its end; with --json as one document a line.
    children
        With what its child runs logged.
    """
    from lume_services import config
    from lume_services.cli.log_lines import LogTexts

    scheduling = config.current().scheduling
    texts = LogTexts(scheduling)
    if follow:
        for line in scheduling.stream_logs(run_id, children=children):
            console.line_now(texts.text(line), asdict(line))
        return
    lines = scheduling.logs(run_id, children=children)
    if console.for_programs.get():
        console.document([asdict(line) for line in lines])
        return
    for line in lines:
        console.write(texts.text(line))


def document(run: RunInfo) -> dict[str, Any]:
    """Return what is known of a run, for programs."""
    return {**asdict(run), "parameters": given(run), "reused": run.reused}


def given(run: RunInfo) -> dict[str, Any]:
    """Return a run's parameters; of a flow-of-flows those by ``{flow}-{param}``."""
    if run.is_composed:
        values: dict[str, Any] = run.parameters["parameters"]
        return values
    return run.parameters


def state(run: RunInfo | TaskRunInfo) -> Cell:
    """Return a state's name in its colour."""
    return Cell(run.state_name, console.STATE_STYLES.get(run.state_type, ""))


def _result(run: RunInfo, services: Services) -> str | None:
    """Return the hash of the database result that a run has saved, if any."""
    query = {"project_name": run.project_name, "flow_id": run.id}
    for found in services.results_db.find(query, limit=1, projection=["unique_hash"]):
        return str(found["unique_hash"])
    return None


def _run_row(run: RunInfo) -> list[str | Cell]:
    return [
        console.short(run.id),
        run.flow_name,
        run.project_name,
        state(run),
        when(run.started),
        lasted(run.started, run.ended),
    ]


def _described(run: RunInfo) -> list[tuple[str, str | Cell]]:
    parameters = json.dumps(given(run), ensure_ascii=False)
    pairs: list[tuple[str, str | Cell | None]] = [
        ("id", run.id),
        ("name", run.name),
        ("flow", run.flow_name),
        ("project", run.project_name),
        ("state", state(run)),
        ("message", run.message),
        ("parameters", parameters),
        ("tags", ", ".join(run.tags)),
        ("parent", run.parent_run_id),
        ("resumes", run.resumes),
        ("created", when(run.created)),
        ("started", when(run.started)),
        ("ended", when(run.ended)),
        ("time", lasted(run.started, run.ended)),
    ]
    return [(name, value) for name, value in pairs if value]


def _task_row(task: TaskRunInfo) -> list[str | Cell]:
    return [
        task.name,
        state(task),
        lasted(task.started, task.ended),
        str(task.run_count),
        task.message or "",
    ]
