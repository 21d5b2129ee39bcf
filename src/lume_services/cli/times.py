"""Times and durations for people."""

from __future__ import annotations

from datetime import datetime

from lume_services.cli import console


def when(moment: datetime | None) -> str:
    """Return a time: local and to the second for a terminal, ISO with zone otherwise."""
    if moment is None:
        return "-"
    if console.is_terminal():
        return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return moment.isoformat()


def lasted(started: datetime | None, ended: datetime | None) -> str:
    """Return how long something took; ``-`` while it has not ended."""
    if started is None or ended is None:
        return "-"
    seconds = (ended - started).total_seconds()
    if seconds < 60:
        return f"{seconds:.2f}s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m{seconds:02}s" if hours else f"{minutes}m{seconds:02}s"
