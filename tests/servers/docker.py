"""The image of this checkout, on the Docker engine of this machine.

``LUME_TEST_IMAGE`` names an image that was built before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from servers import required

IMAGE = "lume-services:test"
_ROOT = Path(__file__).parents[2]
_BUILD_SECONDS = 900


def docker(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
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
