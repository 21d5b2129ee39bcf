"""The stack for real: on the host's network, with images that stand in for the official ones."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack_beamline import Beamline
from stack_files import on_host_network
from stack_services import HERE, SECONDS, Services

from servers import required
from servers.docker import docker

VOLUMES = ("_database", "_mongodb", "_server", "-extra")


@pytest.fixture
def services(lume_home: Path, image: str) -> Iterator[Services]:
    if shutil.which("docker-compose") is None and docker("compose", "version").returncode:
        required("Docker Compose", "install Debian's package docker-compose")
    made = Services(lume_home, image)
    yield made
    made.remove()


@pytest.fixture
def beamline(services: Services, image: str, tmp_path: Path) -> Beamline:
    return Beamline(services, image, tmp_path / "data")


@pytest.fixture
def compose(beamline: Beamline, tmp_path: Path) -> Path:
    """Return a compose file whose jobs find their flows, and a mounted folder."""
    path = tmp_path / "compose.yaml"
    path.write_text(on_host_network(beamline.environment(HERE)))
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


def test_services_that_keep_their_data(
    services: Services, compose: Path, beamline: Beamline
) -> None:
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
        assert process.wait(SECONDS) == 0
    assert services.containers() == []
    # The server's data are there; the results go to its database now.
    with services.started(compose, end=signal.SIGTERM):
        _run(services, 0.25)
        assert _angles(services) == [0.25]
        assert len(json.loads(services.as_client("--json", "runs"))) == 2
        beamline.check()
    assert services.containers() == []
    assert services.volumes() == {f"{services.name}{name}" for name in VOLUMES}


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
