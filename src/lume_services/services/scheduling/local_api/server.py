"""The embedded API as a thread of this process, on loopback only."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from typing import Any

from lume_services.errors import SchedulingError
from lume_services.services.scheduling.local_api.endpoints import Api

START_SECONDS = 10.0


class LocalServer:
    """Serves the embedded API from a daemon thread; ends with the process.

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
        """Start the thread unless it runs; a forked process starts its own."""
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
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(START_SECONDS)
        self._pid = 0

    def _start(self) -> None:
        import uvicorn

        from lume_services.services.scheduling.local_api.app import build

        self._auth_string = f"lume:{secrets.token_urlsafe(32)}"
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
        # asyncio turns Nagle's delay off, 40 ms a request, only for sockets that name TCP.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        self._port = listener.getsockname()[1]
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="lume-local-api", daemon=True
        )
        self._server, self._thread = server, thread
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise SchedulingError(
                    "the embedded API did not start on 127.0.0.1. Check that this process may "
                    "listen on loopback and start threads."
                )
            time.sleep(0.001)
