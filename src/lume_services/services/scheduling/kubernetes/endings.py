"""How a Job ended, told from what the cluster says of it and its pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lume_services.services.scheduling.kubernetes.templates import CONTAINER
from lume_services.services.scheduling.prefect_server.jobs.job import Ending

JSON = Mapping[str, Any]

NO_EXIT_CODE = -1
_KILLED = 137
# What no waiting can change.
_HOPELESS = frozenset({"ErrImageNeverPull", "InvalidImageName"})
_NOT_PULLED = frozenset({"ErrImagePull", "ImagePullBackOff"})
# How the one event begins that says why.
_PULLING = "Failed to pull image"


@dataclass(frozen=True)
class Seen:
    """What is known of a Job.

    Parameters
    ----------
    name
        Its name.
    job
        The Job; None where it is not there any more.
    pods
        Its pods, oldest first, those that are gone as they were last seen.
    gone
        The names of those that are gone.
    """

    name: str
    job: JSON | None
    pods: tuple[JSON, ...] = ()
    gone: frozenset[str] = frozenset()


def ending(seen: Seen) -> Ending | None:
    """Return how a Job ended, or None where it goes on."""
    if seen.job is None:
        return _without_job(seen)
    conditions = {each["type"]: each for each in _status(seen.job).get("conditions", ())}
    if _holds(conditions.get("Complete")):
        return Ending(0)
    last = seen.pods[-1] if seen.pods else {}
    if _holds(conditions.get("Failed")):
        return _failed(conditions["Failed"], last)
    # The Job would begin again with another pod.
    if lost := _lost(seen):
        return lost
    if terminated := _terminated(last):
        return _of_pod(last, terminated)
    return _hopeless(last)


def obstacle(seen: Seen, events: Iterable[JSON] = ()) -> str | None:
    """Return why a Job's pod has not begun, or None where it has, or need not yet.

    Parameters
    ----------
    seen
        What is known of the Job.
    events
        The cluster's events about its pod, or about the Job where it has none, newest last.
    """
    if seen.job is None or seen.job["spec"].get("suspend"):
        return None
    if not seen.pods:
        told = [f"{each.get('reason')}: {each.get('message')}" for each in events]
        return told[-1] if told else "the cluster has made no pod for it"
    pod = seen.pods[-1]
    if _status(pod).get("phase") != "Pending":
        return None
    if waiting := _waiting(pod):
        messages = (each.get("message") or "" for each in events)
        causes = [_reason({**waiting, "message": each}) for each in messages if _PULLING in each]
        return causes[-1] if causes else _reason(waiting)
    scheduled = _condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("status") == "False":
        return _reason(scheduled)
    return "its pod is being made"


def is_not_pulled(seen: Seen) -> bool:
    """Return whether the cluster has failed to pull a pod's image, and will try again."""
    waiting = _waiting(seen.pods[-1]) if seen.pods else None
    return waiting is not None and waiting.get("reason") in _NOT_PULLED


def is_ended(pod: JSON) -> bool:
    """Return whether a pod's flow has ended."""
    return _terminated(pod) is not None


def _without_job(seen: Seen) -> Ending | None:
    """Return the ending of a Job that is gone, when its flow is too."""
    names = (pod["metadata"]["name"] for pod in seen.pods if not is_ended(pod))
    if not seen.gone.issuperset(names):
        return None
    return Ending(
        NO_EXIT_CODE, f"Job {seen.name} was deleted before its end, by hand or by the cluster"
    )


def _failed(condition: JSON, pod: JSON) -> Ending:
    """Return the ending of a Job that the cluster gave up."""
    terminated, told = _terminated(pod), _reason(condition)
    if condition.get("reason") == "BackoffLimitExceeded" and terminated:
        return _of_pod(pod, terminated)
    status = _status(pod)
    why = f"{_reason(status)}; " if status.get("reason") else ""
    return Ending(NO_EXIT_CODE, f"{why}{told}")


def _of_pod(pod: JSON, terminated: JSON) -> Ending:
    """Return the ending of a flow's container, in the cluster's words."""
    status, reason = _status(pod), terminated.get("reason") or "Error"
    if status.get("reason"):
        return Ending(NO_EXIT_CODE, _reason(status))
    code, limit = int(terminated["exitCode"]), _memory_limit(pod)
    if code == 0:
        return Ending(0)
    if reason == "OOMKilled":
        more = f"more memory than its limit of {limit}" if limit else "more memory than there is"
        return Ending(code, f"OOMKilled: the flow used {more}; give memory_limit a larger value")
    if code == _KILLED and limit:
        return Ending(
            code,
            f"{reason}: the flow was killed with exit code {code}; it may have used more memory "
            f"than its limit of {limit}",
        )
    message = f": {terminated['message']}" if terminated.get("message") else ""
    return Ending(code, f"{reason}: the flow ended with exit code {code}{message}")


def _lost(seen: Seen) -> Ending | None:
    """Return the ending of a Job that has lost a pod, and would begin again with another."""
    for pod in seen.pods:
        if not _is_deleted(seen, pod):
            continue
        name = pod["metadata"]["name"]
        why = _condition(pod, "DisruptionTarget") or _status(pod)
        told = f" ({_reason(why)})" if why.get("reason") else ""
        node = pod["spec"].get("nodeName", "no node")
        return Ending(NO_EXIT_CODE, f"pod {name} on {node} was deleted while the flow ran{told}")
    return None


def _is_deleted(seen: Seen, pod: JSON) -> bool:
    return pod["metadata"]["name"] in seen.gone or "deletionTimestamp" in pod["metadata"]


def _hopeless(pod: JSON) -> Ending | None:
    waiting = _waiting(pod)
    if waiting and waiting.get("reason") in _HOPELESS:
        return Ending(NO_EXIT_CODE, _reason(waiting))
    return None


def _terminated(pod: JSON) -> JSON | None:
    found: JSON | None = _container(pod).get("state", {}).get("terminated")
    return found


def _waiting(pod: JSON) -> JSON | None:
    """Return why a container waits, one that is being made not counted."""
    statuses = _status(pod)
    for each in (*statuses.get("initContainerStatuses", ()), _container(pod)):
        waiting: JSON = each.get("state", {}).get("waiting", {})
        if waiting.get("reason", "ContainerCreating") not in {
            "ContainerCreating",
            "PodInitializing",
        }:
            return waiting
    return None


def _container(pod: JSON) -> JSON:
    statuses: Iterable[JSON] = _status(pod).get("containerStatuses", ())
    return next((each for each in statuses if each["name"] == CONTAINER), {})


def _memory_limit(pod: JSON) -> str | None:
    for container in pod["spec"]["containers"]:
        if container["name"] == CONTAINER:
            limit: str | None = container.get("resources", {}).get("limits", {}).get("memory")
            return limit
    return None


def _status(thing: JSON) -> JSON:
    status: JSON = thing.get("status") or {}
    return status


def _condition(thing: JSON, kind: str) -> JSON | None:
    conditions: Iterable[JSON] = _status(thing).get("conditions", ())
    return next((each for each in conditions if each["type"] == kind), None)


def _holds(condition: JSON | None) -> bool:
    return condition is not None and condition.get("status") == "True"


def _reason(told: JSON) -> str:
    message = told.get("message")
    return f"{told.get('reason')}: {message}" if message else str(told.get("reason"))
