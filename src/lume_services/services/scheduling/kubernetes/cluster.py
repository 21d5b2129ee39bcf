"""What is asked of a Kubernetes cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lume_services.services.scheduling.kubernetes.connection import (
    TIMEOUT,
    ConflictError,
    Connection,
    UnreachableError,
)

JSON = dict[str, Any]

Kind = tuple[str, str]

JOBS: Kind = ("BatchV1Api", "list_namespaced_job")
PODS: Kind = ("CoreV1Api", "list_namespaced_pod")
"""What can be listed and watched."""

_WATCH_SECONDS = 60


class Cluster:
    """A cluster; all methods block and may be called from any thread.

    Parameters
    ----------
    connection
        Its API server.

    Raises
    ------
    SchedulingError
        From each method, if the cluster cannot be reached or refuses.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create_job(self, namespace: str, job: JSON) -> None:
        """Make a Job, whose name has not been used before."""
        try:
            self._connection.ask("BatchV1Api", "create_namespaced_job", namespace, job)
        except ConflictError:
            # It was made, and the answer was lost.
            return

    def job(self, namespace: str, name: str) -> JSON | None:
        """Return a Job, or None."""
        found: JSON | None = self._connection.ask(
            "BatchV1Api", "read_namespaced_job", name, namespace
        )
        return found

    def label_job(self, namespace: str, name: str, labels: dict[str, str]) -> None:
        """Add labels to a Job, if it is there."""
        body = {"metadata": {"labels": labels}}
        self._connection.ask("BatchV1Api", "patch_namespaced_job", name, namespace, body)

    def delete_job(self, namespace: str, name: str) -> None:
        """Delete a Job, and let the cluster delete its pods."""
        method = "delete_namespaced_job"
        self._connection.ask("BatchV1Api", method, name, namespace, propagation_policy="Background")

    def delete_pod(self, namespace: str, name: str, grace_seconds: int) -> None:
        """Let a pod end, and end it after some seconds."""
        method = "delete_namespaced_pod"
        self._connection.ask(
            "CoreV1Api", method, name, namespace, grace_period_seconds=grace_seconds
        )

    def listed(
        self, kind: tuple[str, str], namespace: str, selector: str
    ) -> tuple[list[JSON], str]:
        """Return the things that a selector finds, and from which version on to watch them."""
        found = self._connection.ask(*kind, namespace, label_selector=selector)
        return found["items"], found["metadata"]["resourceVersion"]

    def watch(self, kind: Kind, namespace: str, selector: str, version: str) -> Iterator[JSON]:
        """Yield each change of the things that a selector finds, for about a minute."""
        lines = self._connection.lines(
            *kind,
            namespace,
            label_selector=selector,
            resource_version=version,
            watch=True,
            allow_watch_bookmarks=True,
            timeout_seconds=_WATCH_SECONDS,
            _request_timeout=(TIMEOUT[0], _WATCH_SECONDS + TIMEOUT[1]),
        )
        for line in lines:
            event = json.loads(line)
            if event["type"] == "ERROR":
                told = event["object"].get("message")
                raise UnreachableError(f"the cluster does not go on telling of changes: {told}")
            yield event

    def events(self, namespace: str, name: str) -> list[JSON]:
        """Return the cluster's events about the thing of a name, the newest last."""
        selector = f"involvedObject.name={name}"
        found = self._connection.ask(
            "CoreV1Api", "list_namespaced_event", namespace, field_selector=selector
        )
        return sorted(found["items"], key=lambda event: event.get("lastTimestamp") or "")

    def log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """Return the last lines that a container wrote, as far as the cluster has them."""
        method = "read_namespaced_pod_log"
        return self._connection.text(
            "CoreV1Api", method, pod, namespace, container=container, tail_lines=lines
        )

    def may(self, namespace: str, group: str, resource: str, verb: str) -> bool:
        """Return whether the caller is allowed to do something in a namespace."""
        wanted = {"namespace": namespace, "group": group, "resource": resource, "verb": verb}
        found = self._connection.ask(
            "AuthorizationV1Api",
            "create_self_subject_access_review",
            {"spec": {"resourceAttributes": wanted}},
        )
        return bool(found["status"]["allowed"])
