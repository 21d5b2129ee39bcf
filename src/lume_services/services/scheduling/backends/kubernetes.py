"""Runs each flow as a Job of a Kubernetes cluster."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

from lume_services.services.scheduling.backends.jobs import JobBackend
from lume_services.services.scheduling.backends.server import ServerRunConfig
from lume_services.services.scheduling.kubernetes import templates
from lume_services.services.scheduling.prefect_server.jobs.cancellation import END_TOLD_BY_WORKER
from lume_services.services.scheduling.prefect_server.jobs.job import (
    POOL_LABEL,
    RUN_LABEL,
    WORKER_LABEL,
)
from lume_services.settings_kubernetes import KubernetesOptions

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from lume_services.services.scheduling.kubernetes.platform import KubernetesPlatform
    from lume_services.services.scheduling.prefect_server.jobs.job import Job
    from lume_services.services.scheduling.prefect_server.jobs.worker import JobConfiguration
    from lume_services.services.scheduling.registry import FlowRecord

# Stands for the worker of a Job that is only shown.
_WORKER = "worker"


class KubernetesRunConfig(KubernetesOptions, ServerRunConfig):
    """How a run is to be executed as a Job: `KubernetesOptions`, labels, name and tags."""

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


class KubernetesBackend(JobBackend):
    """Implements `Backend` with Jobs."""

    kind: ClassVar[str] = "kubernetes"
    defaults: ClassVar[str] = "kubernetes"
    run_config_class: ClassVar[type[ServerRunConfig]] = KubernetesRunConfig
    layered: ClassVar[frozenset[str]] = frozenset({"job_template", "job_template_path"})

    @cached_property
    def platform(self) -> KubernetesPlatform:
        """The cluster; connected with when first used."""
        from lume_services.services.scheduling.kubernetes.platform import KubernetesPlatform

        return KubernetesPlatform(self._settings)

    def job(
        self, labels: Mapping[str, str], flow_run: FlowRun, configuration: JobConfiguration
    ) -> Job[Any]:
        """Return the Job of a run."""
        job = super().job(labels, flow_run, configuration)
        # What a flow submits is its owner's too; the image has this variable, which comes first.
        owner = {"LOGNAME": job.options.owner} if job.options.owner else {}
        own = {END_TOLD_BY_WORKER: "1", **owner}
        return replace(job, environment={**own, **job.environment})

    def render(self, record: FlowRecord, config: KubernetesRunConfig) -> dict[str, Any]:
        """Return the Job that a run would be, with zeros where its identifiers will stand.

        Parameters
        ----------
        record
            The flow.
        config
            The run's options.
        """
        from prefect.client.schemas.objects import FlowRun

        from lume_services.services.scheduling.prefect_server.jobs.worker import JobConfiguration

        nobody = uuid.UUID(int=0)
        ids = ("DEPLOYMENT_ID", "FLOW_ID", "FLOW_RUN_ID")
        names = {
            "DEPLOYMENT_NAME": record.project_name,
            "FLOW_NAME": record.name,
            "WORKER_NAME": _WORKER,
        }
        of_run = {**dict.fromkeys(ids, str(nobody)), **names}
        variables = {**self.pool.job_variables(record), **config.build()}
        env = {f"PREFECT__{name}": text for name, text in of_run.items()}
        variables["env"] = {**variables.get("env", {}), **env}
        run = FlowRun(id=nobody, flow_id=nobody, name=config.run_name or "run")
        labels = {POOL_LABEL: str(nobody), WORKER_LABEL: _WORKER, RUN_LABEL: str(nobody)}
        job = self.job(labels, run, JobConfiguration(**variables))
        return self.platform.manifest(job, "000000")
