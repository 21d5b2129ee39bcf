"""The commands ``lume-services resume`` and ``cancel``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from lume_services.cli import console


def resume(run_id: Annotated[str, Parameter(name="ID")], /) -> None:
    """Start a run that has not ended well once more, and show what it made.

    Parameters
    ----------
    run_id
        The run, or the beginning of its id.
    """
    from lume_services import config
    from lume_services.cli.report import report

    services = config.current()
    run = services.scheduling.resume(run_id)
    for child in services.scheduling.child_runs(run.id):
        again = "is not run again" if child.state_type == "COMPLETED" else "is run again"
        console.note(f"{child.flow_name} {again}: it is {child.state_name}")
    services.scheduling.wait(run.id)
    report(run.id, services)
    services.scheduling.require_completed(run.id)


def cancel(run_id: Annotated[str, Parameter(name="ID")], /) -> None:
    """Ask a run to stop, and its child runs.

    Parameters
    ----------
    run_id
        The run, or the beginning of its id.
    """
    from lume_services import config

    config.current().scheduling.cancel(run_id)
