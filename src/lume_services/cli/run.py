"""The command ``lume-services run``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.parameters import gather
from lume_services.cli.streams import stdout_for_the_document
from lume_services.cli.target import import_from_here, is_entrypoint, is_specification

if TYPE_CHECKING:
    from lume_services.services.scheduling.service import SchedulingService


def run(
    target: str,
    /,
    *,
    project: str | None = None,
    parameter: Annotated[list[str] | None, Parameter(name=("-p", "--parameter"))] = None,
    params: Path | None = None,
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
    """
    from lume_services import config
    from lume_services.cli.logs import leave_out_tracebacks
    from lume_services.cli.report import report

    parameters = gather(parameter or (), params)
    services = config.current()
    import_from_here()
    if not console.debugging.get():
        leave_out_tracebacks()
    with stdout_for_the_document() if console.for_programs.get() else nullcontext():
        if is_specification(target):
            run_id = _run_specification(Path(target), parameters)
        else:
            run_id = _run_flow(target, project, parameters, services.scheduling)
    report(run_id, services)
    services.scheduling.require_completed(run_id)


def _run_specification(file: Path, parameters: dict[str, Any]) -> str:
    from lume_services.flows import FlowOfFlows

    return FlowOfFlows.from_yaml(file).run(parameters)


def _run_flow(
    target: str, project: str | None, parameters: dict[str, Any], scheduling: SchedulingService
) -> str:
    from lume_services.services.scheduling import entrypoints
    from lume_services.services.scheduling.registry import DEFAULT_PROJECT

    project = project or DEFAULT_PROJECT
    flow = entrypoints.load(target) if is_entrypoint(target) else scheduling.record(target, project)
    return scheduling.run(flow, parameters, project_name=project)
