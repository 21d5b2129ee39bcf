"""Runs jobs in containers of a Docker engine; implements `Platform`."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from functools import cached_property
from typing import Any

from lume_services.errors import SchedulingError
from lume_services.services.scheduling.docker.connection import Connection
from lume_services.services.scheduling.docker.endings import ending
from lume_services.services.scheduling.docker.surroundings import (
    SECRETS,
    Surroundings,
    own_containers,
)
from lume_services.services.scheduling.prefect_server.flow_process import SECRETS_FILE
from lume_services.services.scheduling.prefect_server.jobs.job import (
    POOL_LABEL,
    RUN_LABEL,
    WORKER_LABEL,
    Ending,
    Job,
    Left,
)
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_docker import DockerOptions, host_config

_REMOVED = "its container was removed before it had ended; leave that to the worker."
_WAIT_SECONDS = 60
_PAUSE_SECONDS = 1.0
_LAST_LINES = 20
_NO_NAME = re.compile(r"[^a-zA-Z0-9_.-]+")


class DockerEngine:
    """The containers of one worker's runs.

    Parameters
    ----------
    settings
        All settings of the worker.
    """

    def __init__(self, settings: LUMEServicesSettings) -> None:
        self._settings = settings
        self._connection = Connection()

    def check(self) -> None:
        """Find out whether the engine can be used; raises if not."""
        self._surroundings.check()
        with self._connection.api() as api:
            api.ping()

    @cached_property
    def _surroundings(self) -> Surroundings:
        """What containers get of this host; found out with the engine's help."""
        from docker.errors import NotFound

        inside = False
        for identifier in own_containers():
            with self._connection.api() as api, suppress(NotFound):
                api.inspect_container(identifier)
                inside = True
        return Surroundings(self._settings, inside)

    def start(self, job: Job[DockerOptions]) -> str:
        """Start a container; return its identifier."""
        from docker.errors import APIError

        with self._connection.api() as api:
            try:
                self._provide(api, job)
                container: str = self._create(api, job)
            except APIError as error:
                raise self._refusal(job, error) from None
            try:
                archive = self._surroundings.archive(job.secrets, self._user(api, job))
                if archive is not None:
                    api.put_archive(container, "/", archive)
                api.start(container)
            except APIError as error:
                self.remove(container)
                raise self._refusal(job, error) from None
            except BaseException:
                self.remove(container)
                raise
        return container

    def wait(self, identifier: str) -> Ending:
        """Return when a container has ended, or is not there any more."""
        from docker.errors import APIError, NotFound

        while True:
            try:
                with self._connection.api() as api:
                    api.wait(identifier, timeout=_WAIT_SECONDS)
                    state = api.inspect_container(identifier)
                    lines = api.logs(identifier, tail=_LAST_LINES)
                    return ending(state, lines.decode(errors="replace"))
            except NotFound:
                return Ending(-1, _REMOVED)
            except (SchedulingError, APIError):
                # The time is over, or the engine is started again.
                time.sleep(_PAUSE_SECONDS)

    def stop(self, identifier: str, grace_seconds: float) -> None:
        """Ask a container to end, and end it after some seconds."""
        from docker.errors import APIError, NotFound

        with self._connection.api() as api:
            try:
                api.stop(identifier, timeout=round(grace_seconds))
            except NotFound:
                return
            except APIError as error:
                raise SchedulingError(f"container {identifier[:12]}: {error.explanation}") from None

    def remove(self, identifier: str) -> None:
        """Remove a container with its anonymous volumes."""
        from docker.errors import APIError, NotFound

        with self._connection.api() as api:
            try:
                api.remove_container(identifier, v=True, force=True)
            except NotFound:
                return
            except APIError as error:
                if error.status_code != 409:  # somebody removes it already
                    raise SchedulingError(
                        f"container {identifier[:12]} cannot be removed: {error.explanation}"
                    ) from None

    def left(self, pool: str) -> list[Left]:
        """Return the containers of a work pool."""
        with self._connection.api() as api:
            found = api.containers(all=True, filters={"label": f"{POOL_LABEL}={pool}"})
        return [
            Left(each["Labels"][RUN_LABEL], each["Id"], each["Labels"][WORKER_LABEL])
            for each in found
        ]

    def _provide(self, api: Any, job: Job[DockerOptions]) -> None:
        """Pull the image if it is to be pulled."""
        from docker.errors import APIError, NotFound
        from docker.utils import parse_repository_tag

        policy = job.options.image_pull_policy or "IfNotPresent"
        if policy != "Always":
            try:
                api.inspect_image(job.image)
                return
            except NotFound:
                if policy == "Never":
                    raise
        repository, tag = parse_repository_tag(job.image)
        try:
            for line in api.pull(repository, tag=tag or "latest", stream=True, decode=True):
                if "error" in line:
                    raise self._no_image(job, line["error"])
        except APIError as error:
            raise self._no_image(job, error.explanation) from None

    def _create(self, api: Any, job: Job[DockerOptions]) -> str:
        secret_file = {SECRETS_FILE: SECRETS} if job.secrets else {}
        created = api.create_container_from_config(
            api.create_container_config(
                job.image,
                list(job.command),
                user=job.options.user or self._surroundings.user,
                environment={
                    **self._surroundings.environment,
                    **job.environment,
                    **secret_file,
                },
                # That of a worker, which the image may have.
                healthcheck={"test": ["NONE"]},
                labels=dict(job.labels),
                host_config=host_config(
                    self._surroundings.networked(job.options), self._surroundings.mounts()
                ),
            ),
            name=_name(job),
        )
        identifier: str = created["Id"]
        return identifier

    def _user(self, api: Any, job: Job[DockerOptions]) -> str:
        own: str = job.options.user or self._surroundings.user
        return own or api.inspect_image(job.image)["Config"].get("User", "")

    def _no_image(self, job: Job[DockerOptions], why: str) -> SchedulingError:
        return SchedulingError(
            f"image {job.image!r} is not on the Docker engine at {self._connection.address}, and "
            f"it was not pulled: {why}. Build or pull it there, or run with another image."
        )

    def _refusal(self, job: Job[DockerOptions], error: Any) -> SchedulingError:
        if error.status_code == 404 and "image" in str(error.explanation).lower():
            return self._no_image(job, error.explanation)
        return SchedulingError(
            f"the Docker engine at {self._connection.address} does not start a container of "
            f"{job.image!r}: {error.explanation}"
        )


def _name(job: Job[DockerOptions]) -> str:
    flow = _NO_NAME.sub("-", job.flow_name).strip("-.")
    return f"lume-{flow}-{job.run_id[:8]}-{secrets.token_hex(2)}"
