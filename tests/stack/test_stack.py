"""The stack for real: on the host's network, with images that stand in for the official ones."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stack_files import on_host_network

from servers import free_port, required
from servers.docker import docker, stand_in

HERE = Path(__file__).parent
PROGRAM = [
    sys.executable,
    "-c",
    "import sys; from lume_services.cli.main import main; sys.exit(main())",
]
VOLUMES = ("database", "mongodb", "server")


class Services:
    """Services of one name, with commands about them."""

    def __init__(self, home: Path, image: str) -> None:
        self.name = f"lume-test-{uuid.uuid4().hex[:8]}"
        self.named = ("--project-name", self.name)
        self.client = home / "stacks" / self.name / "client.toml"
        self.environment = {
            "LUME_HOME": str(home),
            "STACK_IMAGE": image,
            "STACK_POSTGRESQL_IMAGE": stand_in("postgresql"),
            "STACK_MONGODB_IMAGE": stand_in("mongodb"),
            **{
                f"STACK_{name}_PORT": str(free_port())
                for name in ("SERVER", "POSTGRESQL", "MONGODB")
            },
        }

    def call(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            env={**os.environ, **self.environment, **environment},
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def as_client(self, *arguments: str) -> str:
        """Call a command with the settings that were printed."""
        done = self.call(*arguments, LUME_CONFIG_FILE=str(self.client))
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def started(
        self, compose: Path, *options: str, end: signal.Signals = signal.SIGINT
    ) -> Iterator[subprocess.Popen[str]]:
        """Start them, and end with Ctrl-C, or another signal, unless they have ended."""
        command = ["docker", "start-services", *self.named, "--timeout", "400"]
        process = subprocess.Popen(
            [*PROGRAM, *command, "--compose-file", str(compose), *options],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            said = [process.stdout.readline() for _ in range(3)]
            assert said[-1] == f"export LUME_CONFIG_FILE={self.client}\n", process.communicate()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(end)
            process.communicate(timeout=120)
        assert process.returncode == 0

    def containers(self) -> list[str]:
        label = f"label=com.docker.compose.project={self.name}"
        return docker("ps", "--all", "--quiet", "--filter", label).stdout.split()

    def volumes(self) -> set[str]:
        listed = docker("volume", "ls", "--quiet", "--filter", f"name={self.name}").stdout
        return set(listed.split())

    def remove(self) -> None:
        for container in self.containers():
            docker("rm", "--force", container)
        docker("volume", "rm", "--force", *self.volumes())


@pytest.fixture
def services(lume_home: Path, image: str) -> Iterator[Services]:
    if shutil.which("docker-compose") is None and docker("compose", "version").returncode:
        required("Docker Compose", "install Debian's package docker-compose")
    made = Services(lume_home, image)
    yield made
    made.remove()


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    """Return a compose file whose jobs have this folder mounted."""
    path = tmp_path / "compose.yaml"
    path.write_text(on_host_network({"LUME_DOCKER__VOLUMES": json.dumps([f"{HERE}:{HERE}:ro"])}))
    return path


def _run(services: Services, angle: float) -> dict[str, object]:
    run = json.loads(
        services.as_client("--json", "run", "orbit", "--project", "linac", "-p", f"angle={angle}")
    )
    assert run["state_type"] == "COMPLETED"
    return dict(run)


def _angles(services: Services) -> list[float]:
    found = json.loads(services.as_client("--json", "results", "find", "flow_name == 'orbit'"))
    return sorted(each["inputs"]["angle"] for each in found)


def test_services_that_keep_their_data(services: Services, compose: Path) -> None:
    with services.started(compose, "--persist", "--results", "mongodb") as process:
        services.as_client("register", f"{HERE}/stack_flow.py:orbit", "--project", "linac")
        assert _run(services, 0.5)["returned"] == "uid 1000"
        assert _angles(services) == [0.5]
        status = json.loads(services.as_client("--json", "docker", "status", *services.named))
        assert {each["name"]: each["health"] or each["state"] for each in status["services"]} == {
            "database": "healthy",
            "mongodb": "healthy",
            "prepare": "exited",
            "server": "healthy",
            "worker": "healthy",
        }
        _check_that_nothing_is_shown(services)
        stopped = services.call("docker", "stop-services", *services.named)
        assert stopped.returncode == 0, stopped.stderr
        assert process.wait(60) == 0
    assert services.containers() == []
    # The server's data are there; the results go to its database now.
    with services.started(compose, end=signal.SIGTERM):
        _run(services, 0.25)
        assert _angles(services) == [0.25]
        assert len(json.loads(services.as_client("--json", "runs"))) == 2
    assert services.containers() == []
    assert services.volumes() == {f"{services.name}_{name}" for name in VOLUMES}


def test_services_that_do_not_come_leave_nothing(services: Services, compose: Path) -> None:
    done = services.call(
        *("docker", "start-services", *services.named, "--compose-file", str(compose)),
        # It has no PostgreSQL.
        STACK_POSTGRESQL_IMAGE=services.environment["STACK_IMAGE"],
    )
    assert done.returncode == 1
    assert "error: database is " in done.stderr
    assert (services.containers(), services.volumes()) == ([], set())
    assert not services.client.parent.exists()


def test_an_image_that_is_not_there(services: Services, compose: Path) -> None:
    done = services.call(
        *("docker", "start-services", *services.named, "--compose-file", str(compose)),
        STACK_IMAGE="lume-services:none",
    )
    assert done.returncode == 1
    assert "error: the image lume-services:none is not on this host; build it" in done.stderr


def _check_that_nothing_is_shown(services: Services) -> None:
    passwords = json.loads((services.client.parent / "credentials.json").read_text()).values()
    for container in services.containers():
        shown = docker("inspect", container).stdout + docker("top", container).stdout
        said = docker("logs", container)
        for password in passwords:
            assert password not in shown + said.stdout + said.stderr
