"""A run as a Job of Kubernetes: what is to be created, made without asking the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from lume_services.errors import SettingsError
from lume_services.services.scheduling.kubernetes import names, templates

if TYPE_CHECKING:
    from lume_services.services.scheduling.prefect_server.jobs.job import Job
    from lume_services.settings import MountedFilesystemSettings
    from lume_services.settings_kubernetes import KubernetesOptions, KubernetesSettings

OWNER_LABEL = "lume-services/owner"
RUN_NAME_ANNOTATION = "lume-services/run-name"
START_TIMEOUT_ANNOTATION = "lume-services/start-timeout-seconds"
_START_TIMEOUT_SECONDS = 600
_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
_MOUNT = "mounted-filesystem"

JSON = dict[str, Any]


def manifest(
    job: Job[KubernetesOptions],
    settings: KubernetesSettings,
    filesystem: MountedFilesystemSettings | None,
    own_templates: list[Mapping[str, Any]],
    attempt: str,
) -> JSON:
    """Return the Job of a run.

    Parameters
    ----------
    job
        The run.
    settings, filesystem
        The worker's settings: where secrets are, and what is mounted how.
    own_templates
        Templates that lie over the packaged one, the later over the earlier.
    attempt
        Letters and digits that tell this Job from earlier ones of the same run.

    Raises
    ------
    SettingsError
        If the flow needs secrets, and no Secret is named that holds them.
    """
    packaged = templates.load(templates.PACKAGED)
    volumes, mounts = _mounted(filesystem, settings.mounted_filesystem_claim)
    container = _container(job, _secrets(job, settings.secret_name), mounts)
    parts = [*own_templates, _own(job, _pod(job.options, container, volumes), attempt)]
    return reduce(templates.merge, parts, packaged)


def _own(job: Job[KubernetesOptions], pod: JSON, attempt: str) -> JSON:
    """Return what this run gives to its Job."""
    options = job.options
    metadata = {"labels": _labels(job), "annotations": _annotations(job)}
    spec = {
        "activeDeadlineSeconds": options.active_deadline_seconds,
        "ttlSecondsAfterFinished": options.ttl_seconds_after_finished,
        "template": {"metadata": metadata, "spec": pod},
    }
    queue = {} if options.queue_name is None else {_QUEUE_LABEL: options.queue_name}
    return {
        "metadata": {
            "name": names.job_name(job.flow_name, job.run_id, attempt),
            "namespace": options.namespace,
            "labels": {**metadata["labels"], **queue},
            "annotations": metadata["annotations"],
        },
        "spec": _given(spec),
    }


def _labels(job: Job[KubernetesOptions]) -> dict[str, str]:
    texts = {**job.labels, OWNER_LABEL: job.options.owner or ""}
    labels = {key: names.label(text) for key, text in texts.items()}
    return {key: value for key, value in labels.items() if value}


def _annotations(job: Job[KubernetesOptions]) -> dict[str, str]:
    """Return what the labels stand for, in full, and what those who wait must know."""
    timeout = job.options.start_timeout_seconds or _START_TIMEOUT_SECONDS
    texts = {
        **job.labels,
        OWNER_LABEL: job.options.owner or "",
        RUN_NAME_ANNOTATION: job.run_name,
        START_TIMEOUT_ANNOTATION: str(timeout),
    }
    return {key: text for key, text in texts.items() if text}


def _pod(options: KubernetesOptions, container: JSON, volumes: list[JSON]) -> JSON:
    secrets = options.image_pull_secrets
    pod = {
        "serviceAccountName": options.service_account_name,
        "imagePullSecrets": None if secrets is None else [{"name": name} for name in secrets],
        "priorityClassName": options.priority_class_name,
        "nodeSelector": options.node_selector,
        "tolerations": None if options.tolerations is None else list(options.tolerations),
        "volumes": [*volumes, *(options.volumes or ())] or None,
        "containers": [container],
    }
    return _given(pod)


def _container(job: Job[KubernetesOptions], secrets: list[JSON], mounts: list[JSON]) -> JSON:
    options = job.options
    container = {
        "name": templates.CONTAINER,
        "image": job.image,
        "imagePullPolicy": options.image_pull_policy,
        "args": list(job.command),
        "env": [{"name": name, "value": job.environment[name]} for name in sorted(job.environment)]
        + secrets,
        "resources": _resources(options),
        "volumeMounts": [*mounts, *(options.volume_mounts or ())] or None,
    }
    return _given(container)


def _secrets(job: Job[KubernetesOptions], secret_name: str | None) -> list[JSON]:
    """Return the variables whose values the cluster takes from a Secret."""
    if job.secrets and secret_name is None:
        keys = " ".join(f"--from-literal={name}=..." for name in sorted(job.secrets))
        raise SettingsError(
            f"{', '.join(sorted(job.secrets))} must not stand in a Job; make a Secret with "
            f"`kubectl create secret generic NAME {keys}`, and set LUME_KUBERNETES__SECRET_NAME "
            "to its name."
        )
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret_name, "key": name}}}
        for name in sorted(job.secrets)
    ]


def _resources(options: KubernetesOptions) -> JSON | None:
    requests = _given({"cpu": options.cpu_request, "memory": options.memory_request})
    limits = _given({"cpu": options.cpu_limit, "memory": options.memory_limit})
    return _given({"requests": requests or None, "limits": limits or None}) or None


def _mounted(
    filesystem: MountedFilesystemSettings | None, claim: str | None
) -> tuple[list[JSON], list[JSON]]:
    """Return the volume of the mounted filesystem, and where flows find it."""
    if filesystem is None:
        return [], []
    path = str(filesystem.mount_path)
    volume: JSON = {"name": _MOUNT, "hostPath": {"path": path, "type": filesystem.mount_type}}
    if claim is not None:
        volume = {"name": _MOUNT, "persistentVolumeClaim": {"claimName": claim}}
    return [volume], [{"name": _MOUNT, "mountPath": str(filesystem.mount_alias or path)}]


def _given(fields: Mapping[str, Any]) -> JSON:
    return {name: value for name, value in fields.items() if value is not None}
