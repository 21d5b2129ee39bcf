"""Learns that somebody has suspended a run that is under way."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from lume_services.errors import LumeServicesError
from lume_services.services.scheduling.prefect_server.connection import PrefectServer

LOOK_SECONDS = 15.0


def look_for_suspension(server: PrefectServer) -> None:
    """Let the engine of this process ask the server now and then, in place of its own way.

    That one connects with the server's events for each run, which costs a run of a moment a tenth
    of a second, and the server more for each event, the more runs there are.

    Parameters
    ----------
    server
        The server.
    """
    import prefect.flow_engine

    @contextmanager
    def observe(run_id: uuid.UUID, request: Any) -> Iterator[None]:
        over = threading.Event()
        looking = threading.Thread(target=_look, args=(server, run_id, request, over), daemon=True)
        looking.start()
        try:
            yield
        finally:
            over.set()

    engine: Any = prefect.flow_engine
    engine.observe_flow_run_suspension = observe


def _look(server: PrefectServer, run_id: uuid.UUID, request: Any, over: threading.Event) -> None:
    from prefect.client.schemas.objects import State

    while not over.wait(LOOK_SECONDS):
        with suppress(LumeServicesError):
            state = (server.get(f"/flow_runs/{run_id}") or {}).get("state") or {}
            if state.get("name") == "Suspended":
                request.mark_requested(State.model_validate(state))
                return
