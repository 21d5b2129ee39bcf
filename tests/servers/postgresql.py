"""A PostgreSQL server of Debian's package, with a throw-away data directory."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from servers import free_port, required

PASSWORD = "pass-word-of-the-tests"


class PostgreSQL:
    """One server; ``postgres`` is its superuser, with `PASSWORD`.

    Its collation is that of English, so that tests notice an order that depends on it.
    """

    def __init__(self, binaries: Path, directory: Path, fsync: bool = False) -> None:
        self._binaries, self._directory = binaries, directory
        self._user = _unprivileged(directory) if os.getuid() == 0 else None
        self.port = free_port()
        password = directory / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb",
            *("--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"),
            "--no-sync",
        )
        (directory / "data/postgresql.auto.conf").write_text(
            f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
            f"unix_socket_directories = '{directory}'\nmax_connections = 200\n"
            f"fsync = {'on' if fsync else 'off'}\n"
        )

    def start(self, file_size: int = resource.RLIM_INFINITY) -> None:
        """Start it; no file of it may grow above a size in bytes."""
        self._run(
            *("pg_ctl", "start", "--wait", f"--log={self._directory}/log", "--timeout=300"),
            file_size=file_size,
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` ends all sessions in order, ``immediate`` is a crash."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}", "--timeout=300")

    def url(self, database: str, user: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run one statement as the superuser."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def _run(self, program: str, *arguments: str, file_size: int = resource.RLIM_INFINITY) -> None:
        output = self._directory / "output"
        # Not a pipe, which the server would keep open.
        with output.open("w") as file:
            done = subprocess.run(
                [self._binaries / program, f"--pgdata={self._directory}/data", *arguments],
                user=self._user,
                group=None if self._user is None else pwd.getpwuid(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                cwd=self._directory,
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_size,) * 2),
                check=False,
            )
        if done.returncode:
            pytest.fail(f"{program} failed:\n{output.read_text()}")


def _unprivileged(directory: Path) -> int:
    """Give a directory to a user that may run the server, which root may not."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(directory, user)
    return pwd.getpwnam(user).pw_uid


def _binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (installed and installed[-1])
    if not found:
        required("PostgreSQL", "install Debian's package postgresql, or put initdb on the PATH")
    return Path(found).parent


@contextmanager
def running(fsync: bool = False) -> Iterator[PostgreSQL]:
    """Start a server and stop it at the end; with ``fsync`` it waits for the disk."""
    with tempfile.TemporaryDirectory(prefix="lume-postgresql-") as name:
        server = PostgreSQL(_binaries(), Path(name), fsync)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Return a server for all tests, which nobody may stop."""
    with running() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Return the URL of an empty database."""
    name = f"test_{uuid.uuid4().hex}"
    postgresql.execute(f"CREATE DATABASE {name}")
    yield postgresql.url(name)
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")
