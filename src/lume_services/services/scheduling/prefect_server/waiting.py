"""Waiting for runs to end: on the server's event stream, and by asking now and then.

One thread waits for all runs of a process. The stream tells within some hundredths of a
second; what it may miss while it is not connected is found by asking, less and less often.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from concurrent.futures import Future, InvalidStateError
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lume_services.services.scheduling.prefect_server.connection import PrefectServer, headers, tls
from lume_services.services.scheduling.prefect_server.lost_workers import LostWorkers
from lume_services.services.scheduling.run import TERMINAL

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0
LONGEST_SECONDS_ALONE = 5.0
"""How long is between two questions where there is no stream."""

_RUN = "prefect.flow-run."
_ASKED_AT_ONCE = 200


class Waiting:
    """Wakes who waits for the end of runs.

    Parameters
    ----------
    server
        The server that has the runs.
    lost
        The lost workers, whose runs do not end by themselves.
    """

    def __init__(self, server: PrefectServer, lost: LostWorkers) -> None:
        self._server = server
        self._lost = lost
        self._waiting: dict[Future[None], str] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ending = False
        self._new = threading.Event()
        self._last_question = self._next_question = 0.0
        self._pause = FIRST_SECONDS

    def ended(self, run_id: str) -> Future[None]:
        """Return what is done when a run has ended; cancel it to wait no longer.

        Parameters
        ----------
        run_id
            The run.
        """
        ended: Future[None] = Future()
        with self._lock:
            self._waiting[ended] = run_id
            self._ending = False
            # It may have ended already; of many who come at once, one question tells.
            self._next_question = min(self._next_question, self._last_question + FIRST_SECONDS)
            self._pause = FIRST_SECONDS
            self._new.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="lume-waiting", daemon=True)
                self._thread.start()
        ended.add_done_callback(self._forget)
        return ended

    def close(self) -> None:
        """Close the stream, unless somebody still waits."""
        with self._lock:
            thread, self._ending = self._thread, True
        if thread is not None:
            thread.join(2)

    def _work(self) -> None:
        stream: ClientConnection | None = None
        while self._anybody():
            try:
                if stream is None:
                    stream = self._open()
                self._ask_if_due(LONGEST_SECONDS)
                self._listen(stream)
            except Exception:  # noqa: BLE001  # whatever ends the stream, asking goes on
                _close(stream)
                stream = None
                self._without_stream()
        _close(stream)

    def _anybody(self) -> bool:
        """Tell whether anybody waits; nobody for a second ends the thread."""
        for _ in range(10):
            with self._lock:
                if self._waiting:
                    return True
                if self._ending:
                    break
            self._new.clear()
            self._new.wait(0.1)
        with self._lock:
            if not self._waiting:
                self._thread = None
            return self._thread is not None

    def _open(self) -> ClientConnection:
        """Open the stream of what happens to runs."""
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect
        from websockets.typing import Subprotocol

        settings = self._server.settings
        address = f"{self._server.url.replace('http', 'ws', 1)}/events/out"
        secured = {"ssl": tls(settings)} if address.startswith("wss:") else {}
        secret = settings.auth_string
        # That a stream was lost is no news, as it is opened again.
        log = logging.getLogger(f"{__name__}.stream")
        log.setLevel(logging.CRITICAL)
        try:
            stream = connect(
                address,
                subprotocols=[Subprotocol("prefect")],
                additional_headers=headers(settings),
                open_timeout=10,
                proxy=None,
                logger=log,
                **secured,
            )
            token = secret.get_secret_value() if secret else None
            stream.send(json.dumps({"type": "auth", "token": token}))
            json.loads(stream.recv(10))
            stream.send(json.dumps({"type": "filter", "filter": _filter()}))
        except WebSocketException as error:
            raise OSError(str(error)) from error
        self._next_question = 0.0
        return stream

    def _listen(self, stream: ClientConnection) -> None:
        from websockets.exceptions import WebSocketException

        try:
            message = json.loads(stream.recv(timeout=0.2))
        except TimeoutError:
            return
        except WebSocketException as error:
            raise OSError(str(error)) from error
        resource: dict[str, Any] = message["event"]["resource"]
        if resource.get("prefect.state-type") in TERMINAL:
            self._note(resource["prefect.resource.id"].removeprefix(_RUN))

    def _without_stream(self) -> None:
        # It may be down for a while: those who wait have a timeout of their own.
        with contextlib.suppress(Exception):
            self._ask_if_due(LONGEST_SECONDS_ALONE)
        time.sleep(FIRST_SECONDS)

    def _ask_if_due(self, longest: float) -> None:
        if time.monotonic() < self._next_question:
            return
        with self._lock:
            waited_for = sorted(set(self._waiting.values()))
            self._last_question = time.monotonic()
            self._next_question = self._last_question + self._pause
            self._pause = min(2 * self._pause, longest)
        for start in range(0, len(waited_for), _ASKED_AT_ONCE):
            wanted = {
                "id": {"any_": waited_for[start : start + _ASKED_AT_ONCE]},
                "state": {"type": {"any_": sorted(TERMINAL)}},
            }
            for run in self._server.filter("flow_runs", {"flow_runs": wanted}):
                self._note(run["id"])
        self._lost.look()

    def _note(self, run_id: str) -> None:
        with self._lock:
            noted = [ended for ended, waited_for in self._waiting.items() if waited_for == run_id]
        for ended in noted:
            # Who waits may give up at this moment.
            with contextlib.suppress(InvalidStateError):
                ended.set_result(None)

    def _forget(self, ended: Future[None]) -> None:
        with self._lock:
            del self._waiting[ended]


def _filter() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "event": {"prefix": [_RUN]},
        "occurred": {
            "since": (now - timedelta(seconds=5)).isoformat(),
            "until": (now + timedelta(days=365)).isoformat(),
        },
    }


def _close(stream: ClientConnection | None) -> None:
    if stream is not None:
        stream.close()
