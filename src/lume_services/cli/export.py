"""The command ``lume-services results export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.bar import progress_bar
from lume_services.cli.count import Count
from lume_services.cli.search import Expression, Search


def export(
    where: Expression = None,
    /,
    *,
    output: Annotated[Path, Parameter(name=("-o", "--output"))],
    search: Search | None = None,
    limit: Count | None = None,
) -> None:
    """Write database results to a file, a line or row each, the oldest first.

    CSV and Parquet have a column for each path; JSON lines hold the results as they are stored.

    Parameters
    ----------
    where
        Which ones: 'inputs.k1 > 1.2 and outputs.size < 1e-6'. By default all.
    output
        FILE.csv, FILE.jsonl or FILE.parquet, which is replaced if it is there.
    limit
        How many at most.
    """
    from lume_services.results.finding import export as files

    files.check(output)
    selection = (search or Search()).selection(where, limit)
    with progress_bar("reading", selection.count) as progress:
        made = selection.export(output, progress=progress)
    for name in made.mixed:
        console.note(f"note: the values at {name} are of different kinds and became JSON text")
    if console.for_programs.get():
        console.document({"file": str(output), "results": made.results, "size": made.size})
    else:
        console.fields([("results", str(made.results)), ("file", str(output))])
