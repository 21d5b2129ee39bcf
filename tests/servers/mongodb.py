"""A server of MongoDB's protocol: the one of ``LUME_TEST_MONGODB_URL``, else one started here.

The URL names no database, but ``authSource`` where the server asks for a password.

SecantusDB keeps MongoDB's documents in MongoDB's storage engine and compares them as MongoDB does.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from servers import free_port, required

PASSWORD = "p@ss/word:of?the#tests%"
_SECONDS_TO_START = 240
_SECONDS_TO_STOP = 20


class MongoDB:
    """One server on this machine, without users until `add_user`."""

    def __init__(self, directory: Path) -> None:
        if importlib.util.find_spec("secantus") is None:
            required("MongoDB", "set LUME_TEST_MONGODB_URL, or pip install 'lume-services[test]'")
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self, *options: str) -> None:
        """Start it; ``--auth`` asks for the users' passwords."""
        command = [sys.executable, "-m", "secantus", "--host=127.0.0.1", f"--port={self.port}"]
        command += ["--standalone", f"--storage-path={self._directory}/data", *options]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._directory, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def stop(self, kill: bool = False) -> None:
        """Stop it: in order, or as a crash."""
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            try:
                self._process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def url(self, database: str, login: str = "") -> str:
        return f"mongodb://{login}127.0.0.1:{self.port}/{database}"

    def add_user(self, name: str, role: str, database: str) -> None:
        """Add a user with `PASSWORD`; before the server asks for passwords."""
        roles = [{"role": role, "db": database}]
        with _client(self.url("admin")) as client:
            client[database].command("createUser", name, pwd=PASSWORD, roles=roles)

    def _wait(self) -> None:
        from pymongo.errors import PyMongoError

        end = time.monotonic() + _SECONDS_TO_START
        while True:
            try:
                with _client(self.url("admin"), serverSelectionTimeoutMS=200) as client:
                    client.admin.command("ping")
                    return
            except PyMongoError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > end:
                    log = (self._directory / "log").read_text()
                    pytest.fail(f"the MongoDB server did not start:\n{log}")


def _client(url: str, **options: Any) -> Any:
    from pymongo import MongoClient

    return MongoClient(url, **options)


@contextmanager
def running(*options: str) -> Iterator[MongoDB]:
    """Start a server and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="lume-mongodb-") as name:
        server = MongoDB(Path(name))
        try:
            server.start(*options)
            yield server
        finally:
            server.stop()


@contextmanager
def address() -> Iterator[str]:
    """Give the URL of the server of ``LUME_TEST_MONGODB_URL``, else of one started here."""
    if given := os.environ.get("LUME_TEST_MONGODB_URL"):
        yield given
        return
    with running() as server:
        yield server.url("")


@pytest.fixture(scope="session")
def mongodb() -> Iterator[str]:
    """Return the URL of a server for all tests, which nobody may stop."""
    with address() as url:
        yield url


@pytest.fixture
def mongodb_url(mongodb: str) -> Iterator[str]:
    """Return the URL of an empty database."""
    name = f"test_{uuid.uuid4().hex}"
    yield urlsplit(mongodb)._replace(path=f"/{name}").geturl()
    with _client(mongodb) as client:
        client.drop_database(name)
