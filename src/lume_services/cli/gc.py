"""The command ``lume-services results gc``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from lume_services.cli import console
from lume_services.errors import InputError


def gc(*, dry_run: bool = False, older_than: timedelta = timedelta(hours=1)) -> None:
    """Remove large values that no result refers to.

    Parameters
    ----------
    dry_run
        Only say what would be removed.
    older_than
        Values saved later stay: 90s, 10m, 1h, 7d.
    """
    from lume_services.results.values.garbage import collect_garbage

    if older_than < timedelta():
        raise InputError(f"--older-than {older_than} is negative; give a time such as 1h or 7d")
    collected = collect_garbage(older_than, dry_run=dry_run)
    if console.for_programs.get():
        console.document({**asdict(collected), "dry_run": dry_run})
        return
    removed = f"{collected.removed} values, {collected.size / 1e6:.6g} MB"
    label = "would be removed" if dry_run else "removed"
    console.fields([(label, removed), ("kept", f"{collected.kept} values")])
