"""The command ``lume-services results find``, and what it shares with ``export``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.count import Count
from lume_services.cli.times import when
from lume_services.errors import QueryError

if TYPE_CHECKING:
    from lume_services.services.results.db import Document, ResultsDB

_COLUMNS = {
    "unique_hash": "HASH",
    "flow_name": "FLOW",
    "project_name": "PROJECT",
    "created": "CREATED",
    "outputs": "OUTPUTS",
}
_IDENTIFIERS = {"unique_hash", "content_hash", "flow_id", "flow_run_id"}
_VALUE_WIDTH = 60


@Parameter(name="*")
@dataclass(frozen=True)
class Search:
    """Which results, in which order, and what of them.

    Parameters
    ----------
    where
        Filter in MongoDB's form, as JSON: '{"outputs.x": {"$lt": 1}}'.
    project
        Only results of this project.
    sort
        Path to sort by; by default the newest come first.
    descending
        Sort from the largest to the smallest.
    columns
        Paths to show, separated by commas: created,inputs.k1,outputs.x.
    """

    where: str | None = None
    project: str | None = None
    sort: str | None = None
    descending: Annotated[bool, Parameter(show_default=False)] = False
    columns: str | None = None

    @property
    def paths(self) -> list[str] | None:
        """The columns as paths; None where none are named."""
        return None if self.columns is None else [path.strip() for path in self.columns.split(",")]

    def run(self, results_db: ResultsDB, limit: int | None) -> Iterator[Document]:
        """Return the documents as stored, or of each the columns by path."""
        order = [("created", -1)] if self.sort is None else [(self.sort, self._direction)]
        return results_db.find(self._query(), sort=order, limit=limit, projection=self.paths)

    @property
    def _direction(self) -> int:
        return -1 if self.descending else 1

    def _query(self) -> dict[str, Any]:
        parts = [] if self.project is None else [{"project_name": self.project}]
        if self.where is not None:
            parts.append(_filter(self.where))
        return {"$and": parts} if parts else {}


def _filter(text: str) -> dict[str, Any]:
    try:
        query = json.loads(text)
    except ValueError as error:
        raise QueryError(
            f"--where {text!r} is not JSON ({error}); "
            """give a filter such as '{"outputs.x": {"$lt": 1}}'."""
        ) from error
    if not isinstance(query, dict):
        raise QueryError(f"--where takes a JSON object such as '{{\"outputs.x\": 1}}', not {text}")
    return query


def find(*, search: Search | None = None, limit: Count = 20) -> None:
    """Find database results, a line each.

    Parameters
    ----------
    limit
        How many at most.
    """
    from lume_services import config

    search = search or Search()
    documents = list(search.run(config.current().results_db, limit))
    if console.for_programs.get():
        console.document(documents)
        return
    columns = search.paths or list(_COLUMNS)
    rows = [[_cell(path, document.get(path)) for path in columns] for document in documents]
    console.table(search.paths or list(_COLUMNS.values()), rows)


def _cell(path: str, stored: Any) -> str:
    from lume_services.cli.stored import readable, summary

    if stored is None:
        return "-"
    value = readable(stored)
    if path in _IDENTIFIERS:
        return console.short(value)
    if isinstance(value, dict):
        return "  ".join(f"{name}={_brief(item)}" for name, item in value.items())
    return _text(summary(value))


def _brief(value: Any) -> str:
    """Return a value in few letters: of what holds many values only how many."""
    if getattr(value, "shape", ()):
        return f"{type(value).__name__} {'x'.join(map(str, value.shape))}"
    if isinstance(value, (list, tuple, dict)):
        return f"{type(value).__name__} of {len(value)}"
    return _text(value.item() if hasattr(value, "item") else value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, float) and console.is_terminal():
        return f"{value:.6g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 3]}..."
