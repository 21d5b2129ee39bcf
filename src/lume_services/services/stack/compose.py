"""Docker Compose, of its second version where it is there, else of its first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lume_services.errors import ContainerError

_OURS = ("COMPOSE_", "STACK_")


def program() -> list[str]:
    """Return how Compose is called.

    Raises
    ------
    ContainerError
        If it is not installed.
    """
    docker = shutil.which("docker")
    if docker is not None:
        asked = [docker, "compose", "version"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:  # noqa: S603
            return [docker, "compose"]
    if first := shutil.which("docker-compose"):
        return [first]
    raise ContainerError(
        "Docker Compose is not installed; install Docker's plug-in docker-compose-plugin, or the "
        "package docker-compose of your system"
    )


def run(folder: Path, *arguments: str, timeout: float | None = None) -> None:
    """Run Compose in a folder; what it says goes to standard error.

    Parameters
    ----------
    folder
        Where the compose file and its ``.env`` are.
    arguments
        For example ``up``.
    timeout
        After how many seconds it is ended.

    Raises
    ------
    ContainerError
        If it fails, or does not end in time.
    """
    # The folder says everything; a variable of this shell would win over it.
    environment = {name: text for name, text in os.environ.items() if not name.startswith(_OURS)}
    try:
        done = subprocess.run(  # noqa: S603
            [*program(), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ContainerError(f"the services are not there after {timeout:g} s") from None
    if done.returncode:
        raise ContainerError(
            f"`docker compose {' '.join(arguments)}` in {folder} failed, for the reason that it "
            "gave above"
        )
