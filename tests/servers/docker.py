"""The image of this checkout, on the Docker engine of this machine.

``LUME_TEST_IMAGE`` names an image that was built before.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lume_services.settings import LUMEServicesSettings
from lume_services.settings_prefect import PrefectSettings
from servers import required
from servers.prefect import CONFORMANCE, SCHEDULING, PrefectServer, working

IMAGE = "lume-services:test"
_ROOT = Path(__file__).parents[2]
_STAND_INS = Path(__file__).parents[1] / "stack"
_BUILD_SECONDS = 900


def docker(*arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
    """Run a command of Docker's; its exit code is not judged."""
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False
    )


def engine() -> None:
    """Ask for a Docker engine."""
    if shutil.which("docker") is None or docker("info").returncode:
        required("A Docker engine", "install Docker, and let this user reach its socket")


def build(tag: str, *options: str, target: str = "dev") -> str:
    """Build an image of this checkout; quick where only the code has changed."""
    done = subprocess.run(
        ["docker", "build", "--network", "host", "--target", target, "--tag", tag, *options]
        + ["--file", "prefect-agent-docker/Dockerfile", "."],
        cwd=_ROOT,
        # The builder that is there everywhere; the other one is a package of its own.
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_BUILD_SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the image was not built:\n{done.stdout[-4000:]}")
    return tag


def stand_in(name: str) -> str:
    """Build the image that stands in for an official one; return its name."""
    tag = f"lume-test-{name}"
    done = subprocess.run(
        ["docker", "build", "--network", "host", "--tag", tag, str(_STAND_INS / name)],
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the image {tag} was not built:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return tag


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """Start a container in the background, give its name, and remove it."""
    name = f"lume-test-{uuid.uuid4().hex[:8]}"
    done = docker("run", "--detach", "--network", "host", "--name", name, *arguments)
    try:
        assert done.returncode == 0, done.stderr
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


@pytest.fixture(scope="session")
def image() -> str:
    """Return the name of this checkout's image, built once; it stays for later sessions."""
    engine()
    return os.environ.get("LUME_TEST_IMAGE") or build(IMAGE)


@dataclass(frozen=True)
class DockerWorker:
    """A server with a worker that runs flows in containers."""

    server: PrefectServer
    environment: dict[str, str]

    def settings(self, home: Path, **sections: object) -> LUMEServicesSettings:
        """Return settings of a client."""
        prefect = PrefectSettings(api_url=self.server.url)
        return LUMEServicesSettings(backend="docker", home=home, prefect=prefect, **sections)


def job_environment(image: str, *folders: Path) -> dict[str, str]:
    """Return settings of a worker whose containers see the tests' flows, and folders."""
    modules = (SCHEDULING, CONFORMANCE)
    read = [f"{folder}:{folder}:ro" for folder in modules]
    written = [f"{folder}:{folder}" for folder in folders]
    return {
        "LUME_DOCKER__IMAGE": image,
        "LUME_DOCKER__IMAGE_PULL_POLICY": "Never",
        "LUME_DOCKER__VOLUMES": json.dumps(read + written),
        "LUME_DOCKER__ENV": json.dumps({"PYTHONPATH": os.pathsep.join(map(str, modules))}),
    }


@pytest.fixture(scope="session")
def docker_worker(
    prefect_server: PrefectServer, image: str, shared: Path
) -> Iterator[DockerWorker]:
    """The server with a worker, for flows in modules of the tests."""
    environment = job_environment(image, shared)
    options = ("--label", "tests", "--label", "docker")
    with working(prefect_server, SCHEDULING, *options, backend="docker", **environment):
        yield DockerWorker(prefect_server, environment)
