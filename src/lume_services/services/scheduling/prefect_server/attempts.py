"""Knows whether a run is still what this process made of it.

A run whose host was cut off may have been taken for lost, and resumed elsewhere, before its
process reaches the server again. What it then has to say is about an attempt that is over.
"""

from __future__ import annotations

import time
from typing import Any

from lume_services.services.scheduling.prefect_server.connection import PrefectServer

SURE_SECONDS = 60.0
"""For so long after the server has accepted a state, no run is taken for lost."""

_CHANGED_FROM_OUTSIDE = frozenset({"CANCELLING", "PAUSED"})


class Attempts:
    """The states of the runs of this process, as the server has accepted them.

    Parameters
    ----------
    server
        The server.
    """

    def __init__(self, server: PrefectServer) -> None:
        self._server = server
        self._accepted: dict[str, tuple[str, float]] = {}

    def accept(self, run_id: str, state: Any) -> None:
        """Note the state that a run has now.

        Parameters
        ----------
        run_id
            The run.
        state
            What Prefect's engine was answered.
        """
        # By a clock that goes on while the host sleeps.
        self._accepted[run_id] = str(state.id), time.time()

    def require(self, run_id: str) -> None:
        """Raise Prefect's `Abort`, which ends this process quietly, if others have gone on.

        Parameters
        ----------
        run_id
            The run.
        """
        from prefect.exceptions import Abort

        state_id, accepted = self._accepted.get(run_id, ("", time.time()))
        if time.time() - accepted < SURE_SECONDS:
            return
        run = self._server.get(f"/flow_runs/{run_id}") or {"state_id": None, "state_type": None}
        if run["state_id"] != state_id and run["state_type"] not in _CHANGED_FROM_OUTSIDE:
            raise Abort("the run was taken for lost, and goes on elsewhere or not at all")
