"""Large values that no result refers to any longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lume_services.services.files.value_collector import Collected, collect

_PREFIX = "value:"


def collect_garbage(
    older_than: timedelta = timedelta(hours=1), *, dry_run: bool = False
) -> Collected:
    """Remove the large values that no result of the current results database refers to.

    That is safe at any time, also while this or other processes save results.

    Parameters
    ----------
    older_than
        What was saved later stays, as do the values of results that are just being saved.
    dry_run
        Only count.

    Raises
    ------
    FileServiceError
        If another database has put values into the same folder; nothing is removed.
    """
    from lume_services import config

    services = config.current()

    def referred(start: str) -> Iterator[str]:
        links = services.results_db.links(f"{_PREFIX}{start}")
        return (link.removeprefix(_PREFIX) for link in links)

    seconds = older_than.total_seconds()
    return collect(services.values, referred, older_than=seconds, dry_run=dry_run)
