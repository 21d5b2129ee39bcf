"""The containers of a stack, as Docker sees them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from lume_services.errors import ContainerError
from lume_services.extras import needed
from lume_services.services.scheduling.prefect_server.jobs.job import RUN_LABEL
from lume_services.settings_sources import variable

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_PROJECT, _SERVICE = "com.docker.compose.project", "com.docker.compose.service"
_LAST_LINES = 15


class Service(NamedTuple):
    """A service of a stack: its container's state, its health where that is checked."""

    name: str
    state: str
    health: str | None
    exit_code: int
    restarts: int

    @property
    def is_well(self) -> bool:
        """Whether it does what it is for, or has done it."""
        if self.state == "exited":
            return self.exit_code == 0
        return self.state == "running" and self.health in (None, "healthy")


def services(project_name: str) -> list[Service]:
    """Return the services of a stack that have containers, by name.

    Raises
    ------
    ContainerError
        If Docker cannot be used.
    """
    with _docker() as docker:
        found = docker.containers.list(
            all=True, filters={"label": f"{_PROJECT}={project_name}"}, ignore_removed=True
        )
        return sorted(_service(each) for each in found)


def _service(container: Container) -> Service:
    state = container.attrs["State"]
    return Service(
        container.labels[_SERVICE],
        state["Status"],
        state.get("Health", {}).get("Status"),
        state["ExitCode"],
        container.attrs["RestartCount"],
    )


def last_words(project_name: str, service: str) -> str:
    """Return the last lines that a service has logged."""
    labels = [f"{_PROJECT}={project_name}", f"{_SERVICE}={service}"]
    with _docker() as docker:
        found = docker.containers.list(all=True, filters={"label": labels})
        logs = [each.logs(tail=_LAST_LINES) for each in found]
    return b"".join(logs).decode(errors="replace").strip()


def remove_jobs(api_url: str, network: str) -> None:
    """Remove the containers of runs, which would outlive their server.

    Parameters
    ----------
    api_url
        The server, as they find it.
    network
        The network that they find it on.
    """
    from docker.errors import NotFound

    server = f"{variable(('prefect', 'api_url'))}={api_url}"
    with _docker() as docker:
        found = docker.containers.list(all=True, filters={"label": RUN_LABEL}, ignore_removed=True)
        for each in found:
            is_near = each.attrs["HostConfig"]["NetworkMode"] == network
            if is_near and server in (each.attrs["Config"]["Env"] or ()):
                with suppress(NotFound):
                    each.remove(v=True, force=True)


def check_image(name: str) -> None:
    """Refuse to start what has no image.

    Raises
    ------
    ContainerError
        If the image is not there.
    """
    from docker.errors import ImageNotFound

    with _docker() as docker:
        try:
            docker.images.get(name)
        except ImageNotFound:
            raise ContainerError(
                f"the image {name} is not on this host; build it as docs/docker.md tells, or name "
                "another one by STACK_IMAGE"
            ) from None


@contextmanager
def _docker() -> Iterator[DockerClient]:
    with needed("container", "a stack of containers"):
        import docker
        from docker.errors import APIError, DockerException
    try:
        client = docker.from_env()
        try:
            yield client
        finally:
            client.close()
    except APIError as error:
        raise ContainerError(f"Docker refused: {error.explanation}") from None
    except DockerException as error:
        raise ContainerError(
            f"Docker cannot be used: {error}; is it running, and may this user reach its socket?"
        ) from None
