"""The command ``lume-services results flush``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lume_services.cli import console

if TYPE_CHECKING:
    from lume_services.results.stores.flushing import Flushed


def flush(*files: Path) -> int:
    """Insert results that were kept in files, as their database could not be used.

    A file is removed after its result has been inserted. One that cannot be inserted stays.

    Parameters
    ----------
    files
        Insert these, whatever database they were meant for. By default all in the home, and on
        the filesystem of large values, that are meant for the configured one.
    """
    from lume_services.results.stores.flushing import flush as flush_results

    flushed = flush_results(files)
    if console.for_programs.get():
        console.document(asdict(flushed))
    else:
        _report(flushed)
    return 1 if flushed.problems else 0


def _report(flushed: Flushed) -> None:
    stay = len(flushed.problems) + flushed.waiting
    console.fields(
        [
            ("results inserted", str(flushed.inserted)),
            ("already there", str(flushed.there)),
            ("files that stay", str(stay + flushed.others.total())),
        ]
    )
    for message in flushed.problems.values():
        console.error(message)
    for database, number in sorted(flushed.others.items()):
        console.note(
            f"note: {number} files are for the database {database}; configure that one, or name "
            "the files to insert them into this one"
        )
