"""The command ``lume-services results show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.count import Count
from lume_services.cli.stored import readable, summary

if TYPE_CHECKING:
    from lume_services.services.results.db import Document, ResultsDB


def show(
    result_id: Annotated[str | None, Parameter(name="ID")] = None,
    /,
    *,
    project: str | None = None,
    limit: Count = 20,
) -> None:
    """Show database results as JSON, newest first, arrays summarised.

    Parameters
    ----------
    result_id
        A result's hash or the id of the run that saved it, or the beginning of either.
    project
        Only results of this project.
    limit
        How many at most.
    """
    from lume_services import config

    documents = _find(config.current().results_db, result_id, project, limit)
    if console.for_programs.get():
        console.document(documents)
        return
    for document in documents:
        console.document(summary(readable(document)))


def _find(
    results_db: ResultsDB, result_id: str | None, project: str | None, limit: int
) -> list[Document]:
    from lume_services.errors import ResultNotFoundError

    query: dict[str, Any] = {} if project is None else {"project_name": project}
    if result_id is not None:
        query["$or"] = [_begins("unique_hash", result_id), _begins("flow_id", result_id)]
    found = list(results_db.find(query, sort=[("created", -1)], limit=limit))
    if result_id is not None and not found:
        place = "" if project is None else f" in project {project!r}"
        raise ResultNotFoundError(
            f"no result{place} has a hash or a run id that begins with {result_id!r}; "
            "lume-services results show lists those that there are."
        )
    return found


def _begins(field: str, prefix: str) -> dict[str, Any]:
    return {field: {"$gte": prefix, "$lt": f"{prefix}\U0010ffff"}}
