"""A Prefect server and workers of the tests' own, on loopback, with a throw-away home."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from lume_services.settings import LUMEServicesSettings
from lume_services.settings_prefect import PrefectSettings
from servers import free_port, required

START_SECONDS = 240.0
SCHEDULING = Path(__file__).parents[1] / "services" / "scheduling"
CONFORMANCE = Path(__file__).parents[1] / "conformance"
PROGRAM = [sys.executable, "-c", "from lume_services.cli.main import main; main()"]


# A new database of Prefect's, which takes half of a server's start.
_made_before: list[Path] = []


def _copy(database: Path) -> Path:
    made = database.with_name("made-before.sqlite")
    with closing(sqlite3.connect(database)) as ours, closing(sqlite3.connect(made)) as new:
        ours.backup(new)
    return made


class PrefectServer:
    """One server, which can be killed and started again as it was."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.home.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{free_port()}/api"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        database = self.home / "prefect-server.sqlite"
        if _made_before and not database.exists():
            shutil.copy(_made_before[0], database)
        self._process = start("server", "start", home=self.home, url=self.url, **self._environment)
        self._wait_until_healthy()
        if not _made_before and database.exists():
            _made_before.append(_copy(database))

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        # Reading the machine's certificates takes longer than a request.
        with httpx.Client(trust_env=False, verify=False) as client:
            while time.monotonic() < deadline and self._process.poll() is None:
                with contextlib.suppress(httpx.HTTPError):
                    if client.get(f"{self.url}/health").is_success:
                        return
                time.sleep(0.1)
        self.stop()
        log = (self.home / "server.log").read_text()[-2000:]
        required("A Prefect server", f"`lume-services server start` says: {log}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            stop(self._process, number)
        self._process = None

    def settings(self, home: Path) -> LUMEServicesSettings:
        """Return settings of a client."""
        return LUMEServicesSettings(
            backend="process", home=home, prefect=PrefectSettings(api_url=self.url)
        )


def start(
    *arguments: str, home: Path, url: str, directory: Path | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    """Start a command of ours; its output goes to a file of the home."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    with (home / f"{arguments[0]}.log").open("ab") as log:
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=directory or home,
            env={
                **clean,
                "DO_NOT_TRACK": "1",
                "LUME_HOME": str(home),
                "LUME_PREFECT__API_URL": url,
                "PREFECT_UI_ENABLED": "false",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def stop(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
    """End a process; kill it where it does not end by itself."""
    process.send_signal(number)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@contextmanager
def working(
    server: PrefectServer,
    directory: Path,
    *options: str,
    backend: str = "process",
    **environment: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker for flows of a directory, and end it."""
    arguments = ("worker", "start", "--backend", backend, *options)
    process = start(
        *arguments, home=server.home, url=server.url, directory=directory, **environment
    )
    log = server.home / "worker.log"
    before = log.read_text().count("started!") if log.exists() else 0
    try:
        deadline = time.monotonic() + START_SECONDS
        while log.read_text().count("started!") == before and time.monotonic() < deadline:
            if process.poll() is not None:
                raise AssertionError(f"the worker ended: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield process
    finally:
        stop(process)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """One server for all tests that only need some; LUME_TEST_PREFECT_API_URL names another."""
    server = PrefectServer(tmp_path_factory.mktemp("prefect") / "home")
    if given := os.environ.get("LUME_TEST_PREFECT_API_URL"):
        server.url = given
    else:
        server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def prefect_worker(prefect_server: PrefectServer) -> Iterator[PrefectServer]:
    """The server with a worker, for flows in files and in modules of the tests."""
    path = os.pathsep.join(filter(None, [str(CONFORMANCE), os.environ.get("PYTHONPATH")]))
    with working(prefect_server, SCHEDULING, "--warm", "16", "--label", "tests", PYTHONPATH=path):
        yield prefect_server
