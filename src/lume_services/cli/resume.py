"""The commands ``lume-services resume`` and ``cancel``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.parameters import gather
from lume_services.cli.streams import stdout_for_the_document
from lume_services.cli.target import import_from_here

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.flows import Resumption


def resume(
    run_id: Annotated[str, Parameter(name="ID")],
    /,
    *,
    parameter: Annotated[list[str] | None, Parameter(name=("-p", "--parameter"))] = None,
    params: Path | None = None,
    yes: Annotated[bool, Parameter(show_default=False)] = False,
    dry_run: Annotated[bool, Parameter(show_default=False)] = False,
) -> None:
    """Go on with a run that has not ended well, in a new run, and show what it made.

    Of a flow-of-flows, flows that ended well are not run again, unless their parameters or
    version changed or they take results of such flows. What becomes of each is shown before;
    a terminal is asked whether to start.

    Parameters
    ----------
    run_id
        The run, or the beginning of its id.
    parameter
        NAME=VALUE that is to be different, where the value is JSON, else text; repeatable.
    params
        JSON or YAML file of parameters that are to be different; -p overrides it.
    yes
        Start without a question.
    dry_run
        Show what would run, and start nothing.
    """
    from lume_services import config
    from lume_services.flows import Resumption

    import_from_here()
    services = config.current()
    resumption = Resumption(run_id, gather(parameter or (), params))
    if dry_run:
        _show(resumption)
        return
    for name, what, why in _rows(resumption):
        console.note(f"{name}: {what}: {why}")
    if yes or _wanted():
        _run(resumption, services)


def _show(resumption: Resumption) -> None:
    if console.for_programs.get():
        steps = [asdict(step) for step in resumption.steps]
        console.document({"resumes": resumption.earlier.id, "steps": steps})
    else:
        console.table(("FLOW", "IS", "BECAUSE"), _rows(resumption))


def _rows(resumption: Resumption) -> list[tuple[str, str, str]]:
    return [
        (step.flow_name, "run" if step.run_id is None else "reused", step.reason)
        for step in resumption.steps
    ]


def _wanted() -> bool:
    """Ask where a person can answer."""
    if console.for_programs.get() or not (console.is_terminal() and sys.stdin.isatty()):
        return True
    sys.stderr.write("start it? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _run(resumption: Resumption, services: Services) -> None:
    from lume_services.cli.live import shown
    from lume_services.cli.logs import leave_out_tracebacks
    from lume_services.cli.report import report

    if not console.debugging.get():
        leave_out_tracebacks()
    flows = [step.flow_name for step in resumption.steps if step.run_id is None]
    of_parts: Any = flows if resumption.earlier.is_composed else ()
    with ExitStack() as stack:
        name = resumption.earlier.flow_name
        stack.enter_context(shown(services.scheduling, name, of_parts))
        if console.for_programs.get():
            stack.enter_context(stdout_for_the_document())
        run_id = resumption.run()
        services.scheduling.wait(run_id)
    report(run_id, services)
    services.scheduling.require_completed(run_id)


def cancel(run_id: Annotated[str, Parameter(name="ID")], /) -> None:
    """Ask a run to stop, and its child runs.

    Parameters
    ----------
    run_id
        The run, or the beginning of its id.
    """
    from lume_services import config

    config.current().scheduling.cancel(run_id)
