"""Whether this container can use the Docker engine of its host."""

from __future__ import annotations

import socket
import stat
from collections.abc import Mapping
from pathlib import Path

from lume_services.errors import ContainerError

CANNOT_BE_USED = 69
_DEFAULT = "unix:///var/run/docker.sock"
_PATIENCE_SECONDS = 10.0
_MOUNT = "docker run -v /var/run/docker.sock:/var/run/docker.sock"


def check(environment: Mapping[str, str]) -> None:
    """Ask the engine for a sign of life.

    Parameters
    ----------
    environment
        Environment variables; ``DOCKER_HOST`` names the engine.

    Raises
    ------
    ContainerError
        If its socket cannot be used, with the reason and what to do. An engine that is not at a
        socket is left to the worker.
    """
    host = environment.get("DOCKER_HOST") or _DEFAULT
    if not host.startswith("unix://"):
        return
    path = Path(host.removeprefix("unix://"))
    try:
        _ping(path)
    except FileNotFoundError:
        raise _error(
            path, f"is not there; a worker for containers needs it: {_MOUNT} ..."
        ) from None
    except PermissionError:
        group = path.stat().st_gid
        raise _error(
            path,
            f"may not be used by this user; it belongs to group {group}: add --group-add {group} "
            f"to docker run (on the host: --group-add $(stat -c %g {path}))",
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise _error(
            path, f"does not answer: {reason}; is the engine of the host running?"
        ) from None


def _ping(path: Path) -> None:
    if not stat.S_ISSOCK(path.stat().st_mode):
        # Docker makes a folder of what is missing on the host.
        raise OSError(f"it is no socket; is there one at the same path on the host? {_MOUNT} ...")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE_SECONDS)
        connection.connect(str(path))
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        if b" 200 " not in connection.recv(64):
            raise OSError("it is not the socket of a Docker engine")


def _error(path: Path, problem: str) -> ContainerError:
    return ContainerError(f"the Docker socket {path} {problem}", exit_code=CANNOT_BE_USED)
