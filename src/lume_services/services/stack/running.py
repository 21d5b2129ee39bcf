"""Starts and stops a stack."""

from __future__ import annotations

import time
import tomllib

from lume_services.errors import ContainerError
from lume_services.services.stack import compose, containers
from lume_services.services.stack.contents import WORKER
from lume_services.services.stack.folder import Folder

_INTERVAL_SECONDS = 1.0
_MOST_RESTARTS = 3
_EXPECTED = frozenset({"database", "server", "worker"})


def start(folder: Folder, timeout: float) -> None:
    """Start all services, and return when they are well.

    Parameters
    ----------
    folder
        What to start.
    timeout
        For how many seconds at most.

    Raises
    ------
    ContainerError
        If they do not come in time, with the last words of those that are not well.
    """
    containers.check_image(folder.values()["STACK_IMAGE"])
    deadline = time.monotonic() + timeout
    try:
        compose.run(folder.path, "up", "--detach", "--remove-orphans", timeout=timeout)
        _wait(folder.project_name, deadline, timeout)
    except ContainerError as error:
        raise ContainerError("\n".join([str(error), *_complaints(folder.project_name)])) from None


def stop(folder: Folder) -> None:
    """Stop all services and their runs; remove the data where those are not to be kept.

    Raises
    ------
    ContainerError
        If Compose cannot do it.
    """
    keeps = folder.keeps_data
    settings = tomllib.loads((folder.path / WORKER).read_text(encoding="utf-8"))
    # First the one that would start more of them.
    if any(service.name == "worker" for service in containers.services(folder.project_name)):
        compose.run(folder.path, "stop", "worker")
    containers.remove_jobs(settings["prefect"]["api_url"], settings["docker"]["network_mode"])
    compose.run(folder.path, "down", "--remove-orphans", *([] if keeps else ["--volumes"]))
    if not keeps:
        folder.remove()


def wait(folder: Folder) -> None:
    """Return when the services have been stopped by somebody else."""
    while any(service.state != "exited" for service in containers.services(folder.project_name)):
        time.sleep(_INTERVAL_SECONDS)


def _wait(project_name: str, deadline: float, timeout: float) -> None:
    while True:
        found = containers.services(project_name)
        missing = _EXPECTED - {service.name for service in found}
        if not missing and all(service.is_well for service in found):
            return
        if any(service.restarts >= _MOST_RESTARTS for service in found):
            raise ContainerError("a service ends again and again")
        if time.monotonic() > deadline:
            raise ContainerError(f"the services are not all well after {timeout:g} s")
        time.sleep(_INTERVAL_SECONDS)


def _complaints(project_name: str) -> list[str]:
    """Return what the services that are not well say."""
    lines = []
    for service in containers.services(project_name):
        if not service.is_well:
            words = containers.last_words(project_name, service.name)
            state = service.health or service.state
            lines.append(f"{service.name} is {state}; its last words: {words or 'none'}")
    return lines
