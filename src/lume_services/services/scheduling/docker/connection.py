"""The connection to a Docker engine, and what can go wrong with it in our words."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lume_services.errors import SchedulingError
from lume_services.extras import needed

_TIMEOUT_SECONDS = 60
_CONNECTIONS = 100


class Connection:
    """A connection to the engine of ``DOCKER_HOST``, opened when first used.

    May be used from any thread.
    """

    def __init__(self) -> None:
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where the engine is."""
        return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"

    @contextmanager
    def api(self) -> Iterator[Any]:
        """Give docker-py's low-level client.

        Raises
        ------
        SchedulingError
            If the engine cannot be reached. What it answers are errors of docker-py.
        """
        with needed("docker", "the Docker backend"):
            from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException

        try:
            yield self._opened()
        except APIError:
            raise
        except (DockerException, RequestException, OSError) as error:
            raise self._unreachable(error) from None

    def _opened(self) -> Any:
        import docker

        with self._lock:
            if self._client is None:
                self._client = docker.APIClient(
                    **docker.utils.kwargs_from_env(),
                    version="auto",
                    timeout=_TIMEOUT_SECONDS,
                    max_pool_size=_CONNECTIONS,
                )
            return self._client

    def _unreachable(self, error: Exception) -> SchedulingError:
        text = str(error)
        if "PermissionError" in text:
            advice = "this user may not use it; add the user to the group docker, and log in again"
        elif "FileNotFoundError" in text or "Connection refused" in text:
            advice = "start it, or set DOCKER_HOST to the address of another"
        else:
            advice = "see whether `docker info` works here"
        return SchedulingError(
            f"the Docker engine at {self.address} cannot be reached ({text}): {advice}."
        )
