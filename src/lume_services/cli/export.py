"""The command ``lume-services results export``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lume_services.cli import console
from lume_services.cli.count import Count
from lume_services.cli.search import Expression, Search

if TYPE_CHECKING:
    from lume_services.results.selection import Selection


def export(
    where: Expression = None,
    /,
    *,
    to: Path,
    search: Search | None = None,
    limit: Count | None = None,
) -> None:
    """Write database results to a file, a line or row each, in order of insertion.

    CSV and Parquet have a column for each path; JSON lines hold the results as they are stored.

    Parameters
    ----------
    where
        Which ones: 'inputs.k1 > 1.2 and outputs.size < 1e-6'. By default all.
    to
        FILE.csv, FILE.jsonl or FILE.parquet, which is replaced if it is there.
    limit
        How many at most.
    """
    from lume_services.results import export as files

    files.check(to)
    selection = (search or Search()).selection(where, limit)
    with _progress(selection) as progress:
        made = selection.export(to, progress=progress)
    for name in made.mixed:
        console.note(f"note: the values at {name} are of different kinds and became JSON text")
    if console.for_programs.get():
        console.document({"file": str(to), "results": made.results, "size": made.size})
    else:
        console.fields([("results", str(made.results)), ("file", str(to))])


@contextmanager
def _progress(selection: Selection) -> Iterator[Callable[[int], object]]:
    """Show how many results have been read, if a person can see it."""
    if not console.can_draw(sys.stderr):
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        bar.update(task, total=selection.count())
        yield lambda number: bar.update(task, completed=number)
