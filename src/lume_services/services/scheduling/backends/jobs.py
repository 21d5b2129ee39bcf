"""What the backends have in common whose workers run each run as a job of its own."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any, ClassVar

from lume_services import __version__
from lume_services.services.scheduling.backends.backend import RunConfig, Started, ignore
from lume_services.services.scheduling.backends.server import ServerBackend
from lume_services.services.scheduling.prefect_server.jobs.environment import (
    job_environment,
    job_secrets,
)
from lume_services.services.scheduling.prefect_server.jobs.job import (
    FLOW_LABEL,
    PROJECT_LABEL,
    Job,
    Platform,
)
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.settings_sources import IMAGE_VARIABLE

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun
    from pydantic import BaseModel

    from lume_services.services.scheduling.prefect_server.jobs.worker import JobConfiguration

IMAGE = f"lume-services:{__version__}"
_FLOW, _PROJECT = "PREFECT__FLOW_NAME", "PREFECT__DEPLOYMENT_NAME"


class JobBackend(ServerBackend):
    """Implements `Backend` with jobs; a subclass says on which platform.

    An option of a run comes from its configuration, else from the settings where it was
    submitted, else from those of the worker. A flow's own image comes after the first.
    """

    defaults: ClassVar[str]
    """The section of the settings with the options of runs that give none themselves."""

    layered: ClassVar[frozenset[str]] = frozenset()
    """Options that workers lay under those of runs; where a run is submitted, its own go alone."""

    @property
    @abstractmethod
    def platform(self) -> Platform[Any]:
        """Where jobs run."""

    def run(
        self,
        record: FlowRecord,
        flow: Flow[..., Any] | None,
        parameters: Mapping[str, Any],
        config: RunConfig | None,
        key: str | None = None,
        *,
        started: Started = ignore,
    ) -> str:
        """Submit a run; return its identifier."""
        config = config or self.run_config_class()
        given = config.model_dump(exclude_unset=True, exclude_none=True)
        own_image = {} if record.image is None else {"image": record.image}
        settings = self._settings_here(self.layered if self.layered & set(given) else frozenset())
        options = _over(settings, own_image, given)
        config = self.run_config_class.of(options)
        return super().run(record, flow, parameters, config, key, started=started)

    def job(
        self, labels: Mapping[str, str], flow_run: FlowRun, configuration: JobConfiguration
    ) -> Job[Any]:
        """Return the job of a run."""
        extra = (configuration.model_extra or {}).items()
        given = {name: each for name, each in extra if each is not None}
        given_env = {name: text for name, text in configuration.env.items() if text is not None}
        of_run = {name: text for name, text in given_env.items() if _is_of_run(name)}
        env = {name: text for name, text in given_env.items() if not _is_of_run(name)}
        settings = self._settings_here(self.layered)
        options = self.run_config_class.of(_over(settings, {**given, "env": env}))
        image = getattr(options, "image", None) or IMAGE
        flow, project = of_run.get(_FLOW, flow_run.name), of_run.get(_PROJECT, "")
        return Job(
            run_id=str(flow_run.id),
            run_name=flow_run.name,
            flow_name=flow,
            project_name=project,
            labels={**labels, FLOW_LABEL: flow, PROJECT_LABEL: project},
            image=image,
            command=tuple(shlex.split(configuration.command or "")),
            environment={
                **job_environment(self._settings),
                IMAGE_VARIABLE: image,
                **(getattr(options, "env", None) or {}),
                **of_run,
            },
            secrets=job_secrets(self._settings),
            options=options,
        )

    def _worker_class(self) -> type[Any]:
        from lume_services.services.scheduling.prefect_server.jobs.worker import worker_class

        self.platform.check()
        return worker_class(self)

    def _settings_here(self, without: Set[str]) -> dict[str, Any]:
        section: BaseModel | None = getattr(self._settings, self.defaults)
        known = set(self.run_config_class.model_fields) - without
        return {} if section is None else section.model_dump(include=known, exclude_none=True)


def _over(*options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options, the later over the earlier; the variables of all."""
    env = {name: text for each in options for name, text in (each.get("env") or {}).items()}
    merged = {name: value for each in options for name, value in each.items()}
    return {**merged, **({"env": env} if env else {})}


def _is_of_run(name: str) -> bool:
    return name.startswith("PREFECT__")
