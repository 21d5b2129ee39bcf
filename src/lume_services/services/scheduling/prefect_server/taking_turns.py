"""Lets the requests to a Prefect server that keeps its runs in SQLite take turns.

SQLAlchemy gives each of fifteen requests a connection of its own. They then wait for one
another inside SQLite, which lets in whoever happens to ask when the file is free: on a busy
computer some wait for a minute, fail with "database is locked", and their flows with them.
For few connections they wait in the order in which they came. Some requests open a second one
beside the first, for which the others may wait in SQLite: who has waited for long gets one more.
Touches internals of SQLAlchemy: ``QueuePool._do_get`` and its queue.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import URL
from sqlalchemy.engine import CreateEnginePlugin
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util.queue import Empty

CONNECTIONS = 3
_MOST_CONNECTIONS = 15
_TURN_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0


class _Turns(AsyncAdaptedQueuePool):
    """Waits for a connection that is given back, before it opens more than a few."""

    def _do_get(self) -> ConnectionPoolEntry:
        if self.overflow() >= 0:
            with suppress(Empty):
                return self._pool.get(True, _TURN_SECONDS)
        return super()._do_get()


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
            "poolclass": _Turns,
            "pool_size": CONNECTIONS,
            "max_overflow": _MOST_CONNECTIONS - CONNECTIONS,
            "pool_timeout": _PATIENCE_SECONDS,
        }

    def update_url(self, url: URL) -> URL:
        """Return the URL as the driver of the database knows it."""
        return url.difference_update_query(["plugin"])
