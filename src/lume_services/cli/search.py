"""The command ``lume-services results find``, and what it shares with ``export`` and ``plot``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.console import Cell
from lume_services.cli.count import Count
from lume_services.cli.stored import readable, summary
from lume_services.cli.times import when

if TYPE_CHECKING:
    from lume_services.results.finding.selection import Selection

Expression = Annotated[str | None, Parameter(name="EXPRESSION")]

_COLUMNS = {
    "HASH": "unique_hash",
    "FLOW": "flow_name",
    "PROJECT": "project_name",
    "CREATED": "created",
    "OUTPUTS": "outputs",
}
_IDENTIFIERS = {"unique_hash", "content_hash", "flow_id", "flow_run_id"}
_VALUE_WIDTH = 60


@Parameter(name="*")
@dataclass(frozen=True)
class Search:
    """Which results, in which order, and what of them.

    Parameters
    ----------
    project
        Only results of this project.
    sort
        Paths to sort by, separated by commas, a minus before those that go from the largest to
        the smallest: -time,inputs.k1.
    columns
        Paths to show, separated by commas: created,inputs.k1,outputs.sizes[3].
    """

    project: str | None = None
    sort: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    columns: str | None = None

    def selection(self, where: str | None, limit: int | None, *, sort: str = "time") -> Selection:
        """Return the results that an expression selects.

        Parameters
        ----------
        where
            The expression.
        limit
            How many at most.
        sort
            The order where none was asked for.
        """
        from lume_services.results.finding.results import Results

        order = sort if self.sort is None else self.sort
        found = Results(self.project)
        return found.find(where or "", sort=order, limit=limit, columns=self.columns)


def find(where: Expression = None, /, *, search: Search | None = None, limit: Count = 20) -> None:
    """Find database results, a line each, the newest first.

    Parameters
    ----------
    where
        Which ones: 'inputs.k1 > 1.2 and outputs.size < 1e-6'. By default all.
    limit
        How many at most.
    """
    selection = (search or Search()).selection(where, limit, sort="-time")
    columns = selection.columns or _COLUMNS
    paths = list(columns.values())
    if console.for_programs.get():
        console.document(list(selection.documents(None if selection.columns is None else paths)))
        return
    rows = [
        [_cell(path, document.get(path)) for path in paths]
        for document in selection.documents(paths)
    ]
    console.table(list(columns), rows)
    if not rows:
        console.note(_nothing_found(selection))


def _nothing_found(selection: Selection) -> str:
    from lume_services.results import types
    from lume_services.services.results.query import leaves, parse
    from lume_services.services.scheduling.nearest import hint

    known = {*types.fields(), "unique_hash", "content_hash", "result_type"}
    named = (leaf.path[0] for leaf in leaves(parse(selection.query)))
    unknown = next((name for name in named if name not in known), None)
    further = f"; {unknown!r} is no field of a result, {hint(unknown, known)}" if unknown else ""
    return f"no result matches{further}"


def _cell(path: str, stored: Any) -> Cell:
    if stored is None:
        return Cell("-")
    value = readable(stored)
    if path in _IDENTIFIERS:
        return Cell(console.short(value))
    if isinstance(value, dict):
        return Cell("  ".join(f"{name}={_brief(item)}" for name, item in value.items()))
    shown = summary(value)
    is_number = isinstance(shown, int | float) and not isinstance(shown, bool)
    return Cell(_text(shown), number=is_number)


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
