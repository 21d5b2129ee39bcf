"""The command ``lume-services run``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.parameters import gather
from lume_services.cli.streams import stdout_for_the_document
from lume_services.cli.target import import_from_here, is_entrypoint, is_specification
from lume_services.errors import InputError

if TYPE_CHECKING:
    from lume_services.services.scheduling.service import SchedulingService


def run(
    target: str | Path,
    /,
    *,
    project: str | None = None,
    parameter: Annotated[list[str] | None, Parameter(name=("-p", "--parameter"))] = None,
    params: Path | None = None,
    logs: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Run a flow or a flow-of-flows file, and show what it made.

    Parameters
    ----------
    target
        A flow-of-flows FILE.yaml, a registered flow's name, MODULE:FLOW or FILE.py:FLOW.
    project
        The project that the flow is registered with.
    parameter
        NAME=VALUE, where the value is JSON, else text; repeatable.
    params
        JSON or YAML file of parameters; -p overrides it.
    logs
        Show what a run on a server logs, as it comes; on the local backend that is shown always.
    """
    from lume_services import config
    from lume_services.cli.report import report

    # Text always; as it may be a path, the shell completes names of files.
    run_id = execute(str(target), project, gather(parameter or (), params), logs=logs)
    services = config.current()
    report(run_id, services)
    services.scheduling.require_completed(run_id)


def execute(
    target: str, project: str | None, parameters: dict[str, Any], *, logs: bool = False
) -> str:
    """Run what is named, show how it goes, and return the run's identifier."""
    from lume_services import config
    from lume_services.cli.live import shown
    from lume_services.cli.logs import leave_out_tracebacks

    services = config.current()
    import_from_here()
    if not console.debugging.get():
        leave_out_tracebacks()
    with ExitStack() as stack:
        runnable = _runnable(target, project, services.scheduling)
        stack.enter_context(shown(services.scheduling, runnable.name, runnable.flows))
        if console.for_programs.get():
            stack.enter_context(stdout_for_the_document())
        run_id = runnable.run(parameters)
        if logs and not services.scheduling.runs_here:
            _show_logs(run_id, services.scheduling)
        services.scheduling.wait(run_id)
        return run_id


def _show_logs(run_id: str, scheduling: SchedulingService) -> None:
    from lume_services.cli.log_lines import LogTexts

    texts = LogTexts(scheduling)
    for line in scheduling.stream_logs(run_id, children=True):
        console.note(texts.text(line))


class _Runnable(NamedTuple):
    name: str
    flows: Sequence[str]
    run: Callable[[dict[str, Any]], str]


def _runnable(target: str, project: str | None, scheduling: SchedulingService) -> _Runnable:
    if is_specification(target):
        from lume_services.flows import FlowOfFlows

        if project is not None:
            raise InputError(
                f"--project {project!r} is given, but {target!r} names its project itself; "
                "leave --project out, or change project_name in the file."
            )
        composed = FlowOfFlows.from_yaml(Path(target))
        flows = [node.name for node in composed.plan.nodes]
        return _Runnable(composed.name, flows, composed.run)
    from lume_services.services.scheduling import entrypoints
    from lume_services.services.scheduling.registry import DEFAULT_PROJECT

    project = project or DEFAULT_PROJECT
    flow = entrypoints.load(target) if is_entrypoint(target) else scheduling.record(target, project)
    return _Runnable(flow.name, (), partial(scheduling.run, flow, project_name=project))
