"""Learns which of a worker's runs are to be cancelled: one question for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from lume_services.services.scheduling.prefect_server.connection import PrefectServer


def to_be_cancelled(server: PrefectServer, ids: Iterable[str]) -> list[str]:
    """Return those of some runs that are to be cancelled.

    Parameters
    ----------
    server
        Where the runs are.
    ids
        Identifiers of runs.
    """
    asked = sorted(ids)
    wanted = {"id": {"any_": asked}, "state": {"type": {"any_": ["CANCELLING"]}}}
    runs = server.filter("flow_runs", {"flow_runs": wanted}) if asked else ()
    return [run["id"] for run in runs]


class News:
    """Lets what looks now and then look at once.

    Parameters
    ----------
    seconds
        How long it waits without news.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._there = asyncio.Event()

    def come(self) -> None:
        """Let it look now."""
        self._there.set()

    async def wait(self) -> None:
        """Wait for news, but not too long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._there.wait(), self._seconds)
        self._there.clear()
