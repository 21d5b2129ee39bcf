"""Real servers for tests, started on this machine's loopback and ended with the tests."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

# A run imports Prefect, on a machine that does other things too.
RUN_SECONDS = 300.0


def required(service: str, how_to_start: str) -> NoReturn:
    """Skip a test whose server this machine cannot start; fail it in continuous integration."""
    message = f"{service} is needed: {how_to_start}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(done: Callable[[], Any]) -> Any:
    """Return what is seen as soon as it is something."""
    deadline = time.monotonic() + RUN_SECONDS
    while not (found := done()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found
    return found
