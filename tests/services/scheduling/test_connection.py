"""What a client makes of a server that takes its time."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lume_services.services.scheduling.prefect_server import connection
from lume_services.settings_prefect import PrefectSettings

_first = iter([True])
_asked_again = threading.Event()


class Busy(BaseHTTPRequestHandler):
    """Answers the first request only when there is a second one."""

    def do_GET(self) -> None:
        if next(_first, False):
            _asked_again.wait(60)
        else:
            _asked_again.set()
        body = b'"here"'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_busy_server_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.5)
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{front.server_port}/api"
        server = connection.PrefectServer(PrefectSettings(api_url=url), patience=0.0)
        assert server.get("/anything") == "here"
        server.close()
        front.shutdown()
    assert f"waits for the Prefect server at {url}: timed out" in caplog.text
