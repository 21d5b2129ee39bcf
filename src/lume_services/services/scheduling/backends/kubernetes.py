"""Runs flows as Jobs of a Kubernetes cluster."""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

import lume_services
from lume_services.services.scheduling.backends.server import ServerBackend, ServerRunConfig
from lume_services.services.scheduling.kubernetes import templates
from lume_services.services.scheduling.prefect_server.jobs.environment import (
    job_environment,
    job_secrets,
)
from lume_services.services.scheduling.prefect_server.jobs.job import (
    FLOW_LABEL,
    PROJECT_LABEL,
    Job,
)
from lume_services.settings_kubernetes import KubernetesOptions, KubernetesSettings

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from lume_services.services.scheduling.kubernetes.platform import KubernetesPlatform
    from lume_services.services.scheduling.prefect_server.jobs.worker import JobConfiguration


class KubernetesRunConfig(KubernetesOptions, ServerRunConfig):
    """How a run is to be executed as a Job; what is not given here, the worker's settings say."""

    @field_validator("job_template", "job_template_path")
    @classmethod
    def _is_part_of_a_job(cls, template: Any) -> Any:
        if template is not None:
            templates.load(template)
        return template

    def build(self) -> dict[str, Any]:
        """Return the job variables of the run."""
        variables = {"owner": getpass.getuser(), **super().build()}
        if self.job_template_path is not None:
            # The worker may run on another host.
            del variables["job_template_path"]
            variables["job_template"] = templates.load(self.job_template_path)
        return variables


class KubernetesBackend(ServerBackend):
    """Implements `Backend` with a Job for each run."""

    kind: ClassVar[str] = "kubernetes"
    run_config_class: ClassVar[type[ServerRunConfig]] = KubernetesRunConfig

    @cached_property
    def platform(self) -> KubernetesPlatform:
        """The cluster; connected with when first used."""
        from lume_services.services.scheduling.kubernetes.platform import KubernetesPlatform

        return KubernetesPlatform(self._settings)

    def job(
        self, labels: Mapping[str, str], flow_run: FlowRun, configuration: JobConfiguration
    ) -> Job[KubernetesOptions]:
        """Return the job of a run, with labels that find it again.

        Raises
        ------
        InputError
            If the run's options do not go with those of the settings.
        """
        options = self._options(configuration.model_extra or {})
        told = configuration.labels
        flow_name, project = told["prefect.io/flow-name"], told["prefect.io/deployment-name"]
        environment = {
            **job_environment(self._settings),
            **(self._defaults.env or {}),
            # What this flow submits is its owner's too.
            **({} if options.owner is None else {"USER": options.owner}),
            **{name: str(text) for name, text in configuration.env.items()},
        }
        return Job(
            run_id=str(flow_run.id),
            run_name=flow_run.name,
            flow_name=flow_name,
            project_name=project,
            labels={**labels, FLOW_LABEL: flow_name, PROJECT_LABEL: project},
            image=options.image or f"lume-services:{lume_services.__version__}",
            command=tuple(shlex.split(configuration.command or "")),
            environment=environment,
            secrets=job_secrets(self._settings),
            options=options,
        )

    @property
    def _defaults(self) -> KubernetesSettings:
        return self._settings.kubernetes or KubernetesSettings()

    def _options(self, of_run: Mapping[str, Any]) -> KubernetesOptions:
        """Return a run's options, with the settings' values where it has none of its own."""
        known = set(KubernetesOptions.model_fields)
        # The template of the settings lies under that of the run, not in its place.
        given = self._defaults.model_dump(include=known - {"job_template", "job_template_path"})
        own = {name: value for name, value in of_run.items() if name in known and value is not None}
        return KubernetesRunConfig.of({**given, **own})

    def _worker_class(self) -> type[Any]:
        from lume_services.services.scheduling.prefect_server.jobs.worker import worker_class

        self.platform.check()
        return worker_class(self)
