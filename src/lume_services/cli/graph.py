"""The command ``lume-services graph``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.target import import_from_here
from lume_services.errors import InputError

if TYPE_CHECKING:
    from lume_services.flows import FlowOfFlows
    from lume_services.pictures.canvas import Theme
    from lume_services.services.scheduling.run import RunInfo


def graph(
    file: Path | None = None,
    /,
    *,
    output: Annotated[Path, Parameter(name=("-o", "--output"))],
    run: str | None = None,
    timeline: Annotated[bool, Parameter(show_default=False)] = False,
    dark: Annotated[bool, Parameter(show_default=False)] = False,
) -> None:
    """Draw a flow-of-flows, or one of its runs.

    Parameters
    ----------
    file
        A flow-of-flows FILE.yaml; it may be left out where --run is given.
    output
        The picture, which is replaced if it is there: FILE.svg or FILE.png.
    run
        Show the states of this run: its ID, or the beginning of it.
    timeline
        Show when the run's flows and tasks ran, and who waited for whom.
    dark
        Draw for dark surroundings.
    """
    from lume_services.pictures import saving

    if timeline and not run:
        raise InputError("--timeline shows a run; say which: --run ID.")
    if not (file or run):
        raise InputError("what is to be drawn? Give a flow-of-flows FILE.yaml, or --run ID.")
    saving.check(output)
    import_from_here()
    theme: Theme = "dark" if dark else "light"
    svg = _timeline(file, run, theme) if run and timeline else _graph(file, run, theme)
    saving.save(svg, output)
    if console.for_programs.get():
        console.document({"picture": str(output)})
    else:
        console.fields([("picture", str(output))])


def _graph(file: Path | None, run_id: str | None, theme: Theme) -> str:
    from lume_services import config
    from lume_services.flows.shape import shape
    from lume_services.pictures.graph import graph
    from lume_services.pictures.history import span

    scheduling = config.current().scheduling
    run = scheduling.run_info(run_id) if run_id else None
    composed = _composed(file, run)
    if composed is None:
        raise InputError(
            f"run {run_id!r} does not tell which flows it is composed of: give the flow-of-flows "
            "FILE.yaml too, or draw its time line with --timeline."
        )
    return graph(shape(composed.plan), span(run, scheduling) if run else None, theme)


def _timeline(file: Path | None, run_id: str, theme: Theme) -> str:
    from lume_services import config
    from lume_services.flows.shape import parents
    from lume_services.pictures.history import span
    from lume_services.pictures.timeline import timeline

    scheduling = config.current().scheduling
    run = scheduling.run_info(run_id)
    composed = _composed(file, run)
    needed = parents(composed.plan) if composed else {}
    return timeline(span(run, scheduling), needed, datetime.now(UTC), theme)


def _composed(file: Path | None, run: RunInfo | None) -> FlowOfFlows | None:
    """Return the flow-of-flows of the file, else the one that the run was given."""
    from lume_services.flows import FlowOfFlows

    given = run.parameters.get("specification") if run else None
    if file is None:
        return FlowOfFlows.from_yaml(given) if isinstance(given, dict) else None
    composed = FlowOfFlows.from_yaml(file)
    if run is not None and run.flow_name != composed.name:
        raise InputError(
            f"run {run.id} is one of flow {run.flow_name!r}, not of {composed.name!r}, which is "
            f"what {str(file)!r} describes; lume-services runs lists the runs."
        )
    return composed
