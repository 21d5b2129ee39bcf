"""How the Docker backend makes containers: the options of the settings and of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from lume_services.extras import needed
from lume_services.settings_section import Section, from_json, no_bool

if TYPE_CHECKING:
    from docker.types import HostConfig, Mount

_API_VERSION = "1.41"
_LEAST_MEMORY = 6 << 20
# What has an option of its own, or would end the watch over a container.
_NOT_IN_HOST_CONFIG = {
    "binds": "set volumes beside host_config",
    "mounts": "set volumes beside host_config",
    "auto_remove": "the worker removes containers itself",
    "mem_limit": "set mem_limit beside host_config",
    "nano_cpus": "set cpus beside host_config",
    "network_mode": "set network_mode beside host_config",
    "port_bindings": "set ports beside host_config",
    "restart_policy": "a run that is to be tried again has retries of its own",
}
_TRUTH_VALUES = frozenset(
    {"init", "oom_kill_disable", "privileged", "publish_all_ports", "read_only"}
)
_VOLUME = re.compile(r"(/[^:]*|[a-zA-Z0-9][\w.-]*):/[^:]+(:r[ow])?")


Memory = Annotated[int | str, BeforeValidator(no_bool)]
CPUs = Annotated[float, Field(gt=0), BeforeValidator(no_bool)]
Texts = Annotated[dict[str, str], BeforeValidator(from_json)]
Volumes = Annotated[tuple[str, ...], BeforeValidator(from_json)]
Ports = Annotated[tuple[int | str, ...], BeforeValidator(from_json)]
Table = Annotated[dict[str, Any], BeforeValidator(from_json)]


class DockerOptions(BaseModel):
    """How a run is executed in a container; each option is of the settings, and of a run.

    Parameters
    ----------
    image
        The container image.
    image_pull_policy
        Whether it is pulled: ``IfNotPresent`` (the default), ``Always`` or ``Never``.
    env
        Environment variables of the flow. They are kept on the server, so no secrets.
    user
        User in the container, ``uid:gid``; by default the worker's, so that files which the
        flow writes are the worker's.
    volumes
        What is mounted, ``host_path:container_path`` or ``volume:container_path``, with
        ``:ro`` to read only.
    ports
        What is published, as ``docker run --publish`` takes it.
    network_mode
        The network; by default the host's where the server or the results database is on
        its loopback, else the engine's default.
    mem_limit
        The most memory, such as ``512m``; a container that takes more is killed.
    cpus
        How many processors, such as 1.5.
    host_config
        Further arguments of ``docker.types.HostConfig``, such as ``shm_size`` and ``ulimits``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Annotated[str, Field(min_length=1)] | None = None
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    env: Texts | None = None
    user: Annotated[str, Field(min_length=1)] | None = None
    volumes: Volumes | None = None
    ports: Ports | None = None
    network_mode: Annotated[str, Field(min_length=1)] | None = None
    mem_limit: Memory | None = None
    cpus: CPUs | None = None
    host_config: Table | None = None

    @field_validator("volumes", "ports", "network_mode", "mem_limit", "cpus", "host_config")
    @classmethod
    def _as_docker_takes_it(cls, value: Any, info: ValidationInfo) -> Any:
        with needed("docker", "the Docker backend"):
            from docker.errors import DockerException

        try:
            if value is not None:
                host_config(DockerOptions.model_construct(**{str(info.field_name): value}))
        except (DockerException, TypeError, KeyError) as error:
            raise ValueError(str(error)) from None
        return value


class DockerSettings(Section, DockerOptions):
    """The options of runs that give none themselves.

    The engine is that of ``DOCKER_HOST``, by default the one of this host.
    """


def host_config(options: DockerOptions, mounts: Sequence[Mount] = ()) -> HostConfig:
    """Return how the engine is to run a container.

    Parameters
    ----------
    options
        The run's options.
    mounts
        What is mounted besides.
    """
    with needed("docker", "the Docker backend"):
        from docker.types import HostConfig, Mount
        from docker.utils import parse_bytes
        from docker.utils.ports import build_port_bindings

    for volume in options.volumes or ():
        if not _VOLUME.fullmatch(volume):
            raise ValueError(f"{volume!r} must be like /host/path:/container/path or volume:/path")
    memory = None if options.mem_limit is None else parse_bytes(options.mem_limit)
    if memory is not None and memory < _LEAST_MEMORY:
        raise ValueError("must be at least 6m")
    own = {
        "mounts": [*mounts, *map(Mount.parse_mount_string, options.volumes or ())],
        "port_bindings": build_port_bindings(options.ports or ()),
        "network_mode": options.network_mode,
        "mem_limit": memory,
        "nano_cpus": None if options.cpus is None else round(options.cpus * 1e9),
    }
    given = _checked(options.host_config or {})
    return HostConfig(version=_API_VERSION, **{"init": True, **given, **own})


def _checked(given: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in given.items():
        if name in _NOT_IN_HOST_CONFIG:
            raise ValueError(f"takes no {name}: {_NOT_IN_HOST_CONFIG[name]}")
        if name in _TRUTH_VALUES and not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")
    return given
