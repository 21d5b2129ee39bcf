"""Lets the requests to a Prefect server that keeps its runs in SQLite take turns.

SQLAlchemy gives each of fifteen requests a connection of its own. They then wait for one
another inside SQLite, which lets in whoever happens to ask when the file is free: on a busy
computer some wait for a minute, fail with "database is locked", and their flows with them.
For few connections they wait in the order in which they came. One would not do: to pause a
queue, or to count the tasks of a tag, the server opens a second one beside the first.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL
from sqlalchemy.engine import CreateEnginePlugin

CONNECTIONS = 3
_PATIENCE_SECONDS = 60.0


class TakingTurns(CreateEnginePlugin):
    """Gives an engine of SQLAlchemy few connections.

    Parameters
    ----------
    url
        The database, which names this plug-in.
    kwargs
        What the engine is made with; changed.
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        kwargs |= {
            "pool_size": CONNECTIONS,
            "max_overflow": 0,
            "pool_timeout": _PATIENCE_SECONDS,
        }

    def update_url(self, url: URL) -> URL:
        """Return the URL as the driver of the database knows it."""
        return url.difference_update_query(["plugin"])
