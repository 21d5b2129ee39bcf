"""Lets the process of a run know why it is stopped.

Prefect's engine learns that from a supervising process on the same host, and a job has none.
Where it is not a cancellation, the platform may know more than the process that it ends.
Touches internals of Prefect: ``prefect.flow_engine._termination_intent``, which the engine
asks when it is terminated, and the intent of ``prefect._internal.control_listener``.
"""

from __future__ import annotations

import os
from typing import Any

from lume_services.services.scheduling.prefect_server.connection import PrefectServer

END_TOLD_BY_WORKER = "FLOW_END_TOLD_BY_WORKER"
"""Environment variable: the worker tells why a flow was ended that did not end by itself."""


def learn_of_cancellation(server: PrefectServer, run_id: str) -> None:
    """Let the engine of this process ask the server when it is terminated and knows no reason.

    Parameters
    ----------
    server
        The server.
    run_id
        The run of this process.
    """
    import prefect.flow_engine
    from prefect._internal import control_listener

    engine: Any = prefect.flow_engine
    known = engine._termination_intent

    def intent() -> Any:
        if known() is None:
            run = server.get(f"/flow_runs/{run_id}") or {}
            if run.get("state_type") == "CANCELLING":
                control_listener._set_intent("cancel")
            elif END_TOLD_BY_WORKER in os.environ:
                control_listener._set_intent("relinquish")
        return known()

    engine._termination_intent = intent
