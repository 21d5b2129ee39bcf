"""The command ``lume-services results rerun``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console, diff
from lume_services.cli.console import Cell
from lume_services.cli.target import import_from_here

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.results.difference import Difference
    from lume_services.results.repetition import Repetition
    from lume_services.services.results.db import Document


def rerun(
    result_id: Annotated[str, Parameter(name="ID")],
    /,
    *,
    yes: Annotated[bool, Parameter(show_default=False)] = False,
) -> None:
    """Show the command that makes a result again, and run it if that is wanted.

    What is no longer as it was is said before, and what differs in the new result after. A
    terminal is asked whether to run it; without one, nothing runs unless --yes is given.

    Parameters
    ----------
    result_id
        A result's hash, the id of the run that saved it, or the beginning of either.
    yes
        Run it without a question.
    """
    from lume_services import config
    from lume_services.results import lookup
    from lume_services.results.repetition import repetition

    import_from_here()
    services = config.current()
    document = lookup.document_of(result_id, services.results_db)
    again = repetition(document, services)
    _show(again)
    if yes or _wanted():
        _run(again, document, services)
    elif console.for_programs.get():
        console.document(_described(again))


def _show(again: Repetition) -> None:
    for warning in again.warnings:
        console.note(f"warning: {warning}")
    if not console.for_programs.get():
        console.write(again.command)


def _wanted() -> bool:
    if console.for_programs.get() or not (console.is_terminal() and sys.stdin.isatty()):
        return False
    sys.stderr.write("run it? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _run(again: Repetition, document: Document, services: Services) -> None:
    from lume_services.cli.report import document as run_document
    from lume_services.cli.report import report
    from lume_services.cli.run import execute

    run_id = execute(again.target, again.project, dict(again.parameters))
    found = _difference(document, run_id, services)
    if console.for_programs.get():
        run = run_document(services.scheduling.run_info(run_id), services)
        compared = None if found is None else diff.document(found)
        console.document({**_described(again), "run": run, "difference": compared})
    else:
        report(run_id, services)
        _write(found)
    services.scheduling.require_completed(run_id)


def _difference(document: Document, run_id: str, services: Services) -> Difference | None:
    """Return what differs in the result of the same type that the new run has saved, if any."""
    from lume_services.results import difference, lookup

    query = {"flow_run_id": run_id, "result_type": document["result_type"]}
    for new in services.results_db.find(query, limit=1):
        return difference.of_fields(lookup.fields_of(document), lookup.fields_of(new))
    return None


def _write(found: Difference | None) -> None:
    console.write()
    if found is None:
        console.line(Cell("no new result", "yellow"), "the run has saved none, or one known before")
    else:
        diff.write(found)


def _described(again: Repetition) -> dict[str, Any]:
    return {
        "command": again.command,
        "target": again.target,
        "project": again.project,
        "parameters": again.parameters,
        "warnings": again.warnings,
    }
