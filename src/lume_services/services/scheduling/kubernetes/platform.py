"""A Kubernetes cluster as a platform of jobs: each run is a Job."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from typing import Any

from lume_services.errors import SchedulingError
from lume_services.services.scheduling.kubernetes import rendering, templates
from lume_services.services.scheduling.kubernetes.cluster import JOBS, PODS, Cluster
from lume_services.services.scheduling.kubernetes.connection import Connection
from lume_services.services.scheduling.kubernetes.endings import is_ended
from lume_services.services.scheduling.kubernetes.waiting import Wait
from lume_services.services.scheduling.kubernetes.watching import JOB_OF_POD, Watching
from lume_services.services.scheduling.prefect_server.jobs.job import (
    POOL_LABEL,
    RUN_LABEL,
    WORKER_LABEL,
    Ending,
    Job,
    Left,
)
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_kubernetes import KubernetesOptions, KubernetesSettings

ENDED_LABEL = "lume-services/ended"
_NEEDED = (
    ("batch", "jobs", ("create", "delete", "get", "list", "patch", "watch")),
    ("", "pods", ("delete", "list", "watch")),
    ("", "pods/log", ("get",)),
    ("", "events", ("list",)),
)


class KubernetesPlatform:
    """Implements `Platform` with Jobs.

    The identifier of a job is ``namespace/name``. One that has ended is left to the cluster,
    which removes it after its time to live: until then it can be looked at.

    Parameters
    ----------
    settings
        The worker's settings.
    """

    def __init__(self, settings: LUMEServicesSettings) -> None:
        self._settings = settings.kubernetes or KubernetesSettings()
        self._filesystem = settings.mounted_filesystem
        self._connection = Connection(self._settings)
        self._cluster = Cluster(self._connection)
        self._watching: dict[str, Watching] = {}
        self._lock = threading.Lock()

    @property
    def namespace(self) -> str:
        """Where Jobs are made whose options name no namespace."""
        return self._settings.namespace or self._connection.namespace()

    def check(self) -> None:
        """Find out whether Jobs can be made, watched and removed."""
        self.templates(self._settings)
        namespace = self.namespace
        lacking = [
            f"{verb} {resource}"
            for group, resource, verbs in _NEEDED
            for verb in verbs
            if not self._cluster.may(namespace, group, resource, verb)
        ]
        if lacking:
            raise SchedulingError(
                f"in namespace {namespace!r} of the Kubernetes cluster this worker may not "
                f"{', '.join(lacking)}; give its account the role of deploy/kubernetes/base, or "
                "set LUME_KUBERNETES__NAMESPACE to another namespace."
            )

    def templates(self, *options: KubernetesOptions) -> list[Mapping[str, Any]]:
        """Return the templates that options name, checked.

        Raises
        ------
        SpecificationError
            If one is no part of a Job.
        """
        given = (each.job_template or each.job_template_path for each in options)
        return [templates.load(source) for source in given if source is not None]

    def manifest(self, job: Job[KubernetesOptions], attempt: str) -> dict[str, Any]:
        """Return what is created for a run.

        Parameters
        ----------
        job
            The run.
        attempt
            Letters and digits that tell this Job from earlier ones of the same run.

        Raises
        ------
        LumeServicesError
            If the options, the template or the settings cannot be used.
        """
        own = self.templates(self._settings, job.options)
        made = rendering.manifest(job, self._settings, self._filesystem, own, attempt)
        if "namespace" not in made["metadata"]:
            made["metadata"]["namespace"] = self.namespace
        return made

    def start(self, job: Job[KubernetesOptions]) -> str:
        """Create the Job of a run; return its identifier."""
        made = self.manifest(job, secrets.token_hex(3))
        namespace, name = made["metadata"]["namespace"], made["metadata"]["name"]
        self._cluster.create_job(namespace, made)
        return f"{namespace}/{name}"

    def wait(self, identifier: str) -> Ending:
        """Return how a Job ended, when it has, or why its pod cannot start."""
        namespace, _, name = identifier.partition("/")
        return Wait(self._cluster, self._watched(namespace), namespace, name).end()

    def stop(self, identifier: str, grace_seconds: float) -> None:
        """Delete a Job and its pods, whose flow has some seconds to end."""
        namespace, _, name = identifier.partition("/")
        self._cluster.delete_job(namespace, name)
        pods, _ = self._cluster.listed(PODS, namespace, f"{JOB_OF_POD}={name}")
        for pod in pods:
            self._cluster.delete_pod(namespace, pod["metadata"]["name"], round(grace_seconds))

    def remove(self, identifier: str) -> None:
        """Leave a Job that has ended to the cluster; delete one that cannot."""
        namespace, _, name = identifier.partition("/")
        pods, _ = self._cluster.listed(PODS, namespace, f"{JOB_OF_POD}={name}")
        if pods and all(map(is_ended, pods)):
            self._cluster.label_job(namespace, name, {ENDED_LABEL: "true"})
        else:
            self._cluster.delete_job(namespace, name)

    def left(self, pool: str) -> list[Left]:
        """Return the Jobs of a work pool whose end nobody has seen."""
        selector = f"{POOL_LABEL}={pool},!{ENDED_LABEL}"
        jobs, _ = self._cluster.listed(JOBS, self.namespace, selector)
        return [_left(job) for job in jobs]

    def _watched(self, namespace: str) -> Watching:
        with self._lock:
            if namespace not in self._watching:
                self._watching[namespace] = Watching(self._cluster, namespace, RUN_LABEL)
            return self._watching[namespace]


def _left(job: Mapping[str, Any]) -> Left:
    metadata = job["metadata"]
    told = metadata["annotations"]
    identifier = f"{metadata['namespace']}/{metadata['name']}"
    return Left(told[RUN_LABEL], identifier, told[WORKER_LABEL])
