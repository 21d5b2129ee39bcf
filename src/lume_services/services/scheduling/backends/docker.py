"""Runs each flow in a container of its own, on the Docker engines of workers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from lume_services.services.scheduling.backends.jobs import JobBackend
from lume_services.services.scheduling.backends.server import ServerRunConfig
from lume_services.settings_docker import DockerOptions

if TYPE_CHECKING:
    from lume_services.services.scheduling.docker.engine import DockerEngine


class DockerRunConfig(DockerOptions, ServerRunConfig):
    """How a run in a container is to be executed: `DockerOptions`, labels, name and tags."""


class DockerBackend(JobBackend):
    """Implements `Backend` with containers."""

    kind: ClassVar[str] = "docker"
    defaults: ClassVar[str] = "docker"
    run_config_class: ClassVar[type[ServerRunConfig]] = DockerRunConfig

    @cached_property
    def platform(self) -> DockerEngine:
        """The engine; connected with when first used."""
        from lume_services.services.scheduling.docker.engine import DockerEngine

        return DockerEngine(self._settings)
