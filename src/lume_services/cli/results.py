"""The commands ``lume-services results``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from lume_services.cli import console
from lume_services.cli.count import Count
from lume_services.errors import LumeServicesError

if TYPE_CHECKING:
    from lume_services.services.results.db import Document, ResultsDB

app = App(name="results", help="Find, show and export database results.")
app.command("lume_services.cli.search:find", name="find", help="Find database results.")
app.command("lume_services.cli.export:export", name="export", help="Write results to a file.")

_ITEMS_SHOWN = 20


@app.command
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


def readable(value: Any) -> Any:
    """Return the value that a stored one stands for, or itself where its type is not known."""
    from lume_services.results.codec import decode

    try:
        return decode(value)
    except LumeServicesError:
        return value


def summary(value: Any) -> Any:
    """Return a value with its arrays, tables and long lists in one line each."""
    if isinstance(value, dict):
        return {str(key): summary(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if len(value) > _ITEMS_SHOWN:
            return f"{type(value).__name__} of {len(value)}, from {value[0]} to {value[-1]}"
        return [summary(item) for item in value]
    if not hasattr(value, "shape"):
        return value
    return _array(value) if value.shape else value.item()


def _array(value: Any) -> str:
    shape = "x".join(map(str, value.shape))
    dtype = getattr(value, "dtype", None)
    if dtype is None or dtype.kind not in "iuf" or value.size == 0:
        return f"{type(value).__name__} {shape} {dtype or ''}".rstrip()
    return f"{type(value).__name__} {shape} {dtype}, from {value.min():.6g} to {value.max():.6g}"
