"""Finds the runs of workers that have gone without a word, and lets them be Crashed.

Each worker of a pool does that for the others, and each client that waits for a run. What
they go by is the sign of life that workers give the server every few seconds: it comes from
the worker, so a flow may keep its own process busy for as long as it likes. And they go by
what they have seen themselves, on their own clock, while the server answered: a server that
was away for hours, or whose clock is wrong, makes nobody lost.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from typing import Any

from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.prefect_server.work_pool import WorkPool

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 300.0
"""More than the four minutes that flows wait for a server that is away."""

LONGEST_PAUSE_SECONDS = 60.0
"""After a longer one, nothing is known of what happened in between."""

WORKER_LABEL = "prefect.worker.name"
_STARTED = ("PENDING", "RUNNING", "CANCELLING")


class LostWorkers:
    """The workers of a pool that have gone; looks for them when it is told to.

    Parameters
    ----------
    server, pool
        Where the workers are.
    silence_seconds
        For how long a worker must have been silent.
    """

    def __init__(
        self, server: PrefectServer, pool: WorkPool, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._server = server
        self._pool = pool
        self._silence_seconds = silence_seconds
        self._seen: dict[str, tuple[str, float]] = {}
        self._looked = -math.inf

    def look(self) -> None:
        """Let the runs of workers that have been silent for too long be Crashed.

        Asks the server for nothing where it has been asked a moment ago.

        Raises
        ------
        SchedulingError
            If the server does not answer; that time does not count.
        """
        now = time.monotonic()
        if now - self._looked < self._silence_seconds / 20:
            return
        if now - self._looked > LONGEST_PAUSE_SECONDS:
            self._seen.clear()
        signs = self._signs()
        self._looked = now
        self._seen = {
            key: (sign, self._seen[key][1] if self._seen.get(key, ("",))[0] == sign else now)
            for key, sign in signs.items()
        }
        silent = {key for key, (_, since) in self._seen.items() if self._is_over(since, now)}
        if silent:
            self._give_up(silent)

    def _is_over(self, since: float, now: float) -> bool:
        return now - since > self._silence_seconds

    def _signs(self) -> dict[str, str]:
        """Return the last sign of life of each worker, and of runs that no worker owns yet."""
        workers = self._server.filter(f"work_pools/{self._pool.name}/workers", {})
        return {
            **{each["name"]: str(each["last_heartbeat_time"]) for each in workers},
            **{run["id"]: run["state_id"] for run in self._runs("PENDING") if not _owner(run)},
        }

    def _give_up(self, silent: set[str]) -> None:
        for run in self._runs(*_STARTED):
            owner = _owner(run)
            if owner in silent:
                message = (
                    f"Worker {owner!r} has not been heard of for {self._silence_seconds:.0f} s; "
                    "it is lost, and so is this run."
                )
                self._set(run, {"type": "CRASHED", "name": "Crashed", "message": message})
            elif run["id"] in silent:
                # Its worker was lost before it had started anything.
                self._set(run, {"type": "SCHEDULED", "name": "Scheduled"})
        for key in silent:
            self._pool.leave(key)

    def _runs(self, *types: str) -> Iterator[dict[str, Any]]:
        wanted = {
            "work_pools": {"name": {"any_": [self._pool.name]}},
            "flow_runs": {"state": {"type": {"any_": list(types)}}},
        }
        return self._server.filter("flow_runs", wanted)

    def _set(self, run: dict[str, Any], state: dict[str, str]) -> None:
        logger.warning("run %s becomes %s", run["id"], state["name"])
        body = {"state": state, "force": False}
        self._server.post(f"/flow_runs/{run['id']}/set_state", body)


def _owner(run: dict[str, Any]) -> str | None:
    """Return the name of the worker that has taken a run."""
    name: str | None = run["labels"].get(WORKER_LABEL)
    return name
