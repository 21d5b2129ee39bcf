"""How a Job ended, and why it has not begun, is told from what the cluster says of it alone."""

from __future__ import annotations

from typing import Any

import pytest

from lume_services.services.scheduling.kubernetes.endings import (
    Seen,
    ending,
    is_not_pulled,
    obstacle,
)
from lume_services.services.scheduling.prefect_server.jobs.job import Ending


def job(*conditions: tuple[str, str, str], **spec: Any) -> dict[str, Any]:
    told = [
        {"type": kind, "status": "True", "reason": reason, "message": message}
        for kind, reason, message in conditions
    ]
    return {"spec": spec, "status": {"conditions": told}}


def pod(state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    limits = {"limits": {"memory": "1Gi"}}
    if state is not None:
        status["containerStatuses"] = [{"name": "flow", "state": state}]
    return {
        "metadata": {"name": "scan-1"},
        "spec": {"nodeName": "n1", "containers": [{"name": "flow", "resources": limits}]},
        "status": status,
    }


def ended(code: int, reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason}}


def waits(reason: str, message: str = "m") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


FAILED = job(("Failed", "BackoffLimitExceeded", "b"))
LATE = job(("Failed", "DeadlineExceeded", "too long"))
PREEMPTED = [{"type": "DisruptionTarget", "reason": "PreemptionByScheduler", "message": "p"}]
SPENT = "OOMKilled: the flow used more memory than its limit of 1Gi; give memory_limit a larger v"


def deleted(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "metadata": {**found["metadata"], "deletionTimestamp": "now"}}


@pytest.mark.parametrize(
    ("of_job", "of_pod", "code", "reason"),
    [
        (job(("Complete", "", "")), pod(ended(0)), 0, None),
        # It has ended, and the cluster has not counted it yet.
        (job(), pod(ended(0)), 0, None),
        (FAILED, pod(ended(7)), 7, "Error: the flow ended with exit code 7"),
        (FAILED, pod(ended(137, "OOMKilled")), 137, SPENT),
        (FAILED, pod(ended(137)), 137, "Error: the flow was killed with exit code 137; it may ha"),
        (FAILED, pod(reason="Evicted", message="disk"), -1, "Evicted: disk; BackoffLimitExceeded"),
        (job(), pod(ended(137), reason="Evicted", message="disk"), -1, "Evicted: disk"),
        (LATE, pod(ended(143)), -1, "DeadlineExceeded: too long"),
        (job(), deleted(pod()), -1, "pod scan-1 on n1 was deleted while the flow ran"),
        (
            job(),
            deleted(pod(conditions=PREEMPTED)),
            -1,
            "pod scan-1 on n1 was deleted while the flow ran (PreemptionByScheduler: p)",
        ),
        (job(), pod(waits("InvalidImageName")), -1, "InvalidImageName: m"),
    ],
)
def test_an_end_has_the_words_of_the_cluster(
    of_job: dict[str, Any], of_pod: dict[str, Any], code: int, reason: str | None
) -> None:
    found = ending(Seen("scan", of_job, (of_pod,)))
    assert found is not None
    assert found.exit_code == code
    assert (found.reason or "").startswith(reason or "")
    assert bool(found.reason) == bool(reason)


def test_a_job_that_is_gone_has_ended_when_its_pods_have() -> None:
    reason = "Job scan was deleted before its end, by hand or by the cluster"
    assert ending(Seen("scan", None)) == Ending(-1, reason)
    assert ending(Seen("scan", None, (pod({"running": {}}),))) is None
    gone = Seen("scan", None, (pod({"running": {}}),), frozenset({"scan-1"}))
    assert ending(gone) == Ending(-1, reason)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen("scan", None), None),
        # A queue has not admitted it.
        (Seen("scan", job(suspend=True)), None),
        (Seen("scan", job()), "FailedCreate: quota"),
        (Seen("scan", job(), (pod(phase="Running"),)), None),
        (Seen("scan", job(), (pod(phase="Pending"),)), "its pod is being made"),
        (
            Seen("scan", job(), (pod(waits("ImagePullBackOff", "no such"), phase="Pending"),)),
            "ImagePullBackOff: no such",
        ),
        (
            Seen("scan", job(), (pod(waits("ContainerCreating"), phase="Pending"),)),
            "its pod is being made",
        ),
    ],
)
def test_what_keeps_a_pod_from_beginning_is_told(seen: Seen, expected: str | None) -> None:
    assert ending(seen) is None or seen.job is None
    assert obstacle(seen, [{"reason": "FailedCreate", "message": "quota"}]) == expected


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_an_image_that_is_not_pulled_is_told_with_the_cause(reason: str) -> None:
    causes = ["Failed to pull image 'a': no route", "Failed to pull image 'a': denied"]
    events = [{"message": each} for each in (*causes, f"Error: {reason}", None)]
    seen = Seen("scan", job(), (pod(waits(reason, "Back-off"), phase="Pending"),))
    assert is_not_pulled(seen)
    assert obstacle(seen, events) == f"{reason}: {causes[-1]}"
    assert not is_not_pulled(Seen("scan", job(), (pod(waits("CrashLoopBackOff")),)))
    assert not is_not_pulled(Seen("scan", job()))
