"""A bar that shows how much is done of what can be counted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lume_services.cli import console


@contextmanager
def progress_bar(doing: str, total: Callable[[], int]) -> Iterator[Callable[[int], object]]:
    """Give a function that takes how many are done, shown if a person can see it.

    Parameters
    ----------
    doing
        What the bar begins with.
    total
        Returns how many there are; called only if they are shown.
    """
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

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        bar.update(task, total=total())
        yield lambda number: bar.update(task, completed=number)
