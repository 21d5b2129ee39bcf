"""The embedded API as a thread of this process, on loopback only."""

from __future__ import annotations

import os
import secrets
import select
import socket
import threading
from contextlib import suppress
from typing import Any

from lume_services.errors import SchedulingError
from lume_services.services.scheduling.local_api.endpoints import Api

STOP_SECONDS = 10.0


class LocalServer:
    """Serves the embedded API from a daemon thread; ends with the process.

    The address is taken at once; what serves it is imported and started when the
    first client connects, which flows without asynchronous parts never do.

    Parameters
    ----------
    api
        What answers.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._pid = 0
        self._port = 0
        self._auth_string = ""
        self._stopping = threading.Event()
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the API, for this process."""
        return f"http://127.0.0.1:{self._port}/api"

    @property
    def auth_string(self) -> str:
        """The secret that requests must bring."""
        return self._auth_string

    @property
    def running(self) -> bool:
        """Whether the thread runs in this process."""
        return self._pid == os.getpid()

    def ensure_running(self) -> None:
        """Start the thread unless it runs; a forked process starts its own.

        Raises
        ------
        SchedulingError
            If this process may not listen on loopback or start a thread.
        """
        if self.running:
            return
        if self._pid != 0:
            self._lock = threading.Lock()
        with self._lock:
            if not self.running:
                self._start()
                self._pid = os.getpid()

    def stop(self) -> None:
        """End the thread; nothing happens if it does not run in this process."""
        if not self.running or self._thread is None:
            return
        self._stopping.set()
        if self._server is not None:
            self._server.should_exit = self._server.force_exit = True
        else:
            # Wakes the thread, which accepts nothing any more.
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port), STOP_SECONDS).close()
        self._thread.join(STOP_SECONDS)
        self._pid = 0

    def _start(self) -> None:
        self._auth_string = f"lume:{secrets.token_urlsafe(32)}"
        self._stopping = threading.Event()
        self._server = None
        try:
            # asyncio turns Nagle's delay off, 40 ms a request, only for sockets that name TCP.
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            listener.bind(("127.0.0.1", 0))
            listener.listen(128)
            self._port = listener.getsockname()[1]
            self._thread = threading.Thread(
                target=self._serve, args=(listener,), name="lume-local-api", daemon=True
            )
            self._thread.start()
        except (OSError, RuntimeError) as error:
            raise SchedulingError(
                f"the embedded API could not start on 127.0.0.1: {error}. Check that this process "
                "may listen on loopback and start threads."
            ) from error

    def _serve(self, listener: socket.socket) -> None:
        with listener:
            select.select([listener], [], [])
            if self._stopping.is_set():
                return
            self._server = self._make_server()
            if not self._stopping.is_set():
                self._server.run([listener])

    def _make_server(self) -> Any:
        import uvicorn

        from lume_services.services.scheduling.local_api.app import build

        config = uvicorn.Config(
            build(self._api, self._auth_string),
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="asyncio",
            http="h11",
            ws="websockets-sansio",
            log_level="critical",
            timeout_keep_alive=3600,
        )
        return uvicorn.Server(config)
