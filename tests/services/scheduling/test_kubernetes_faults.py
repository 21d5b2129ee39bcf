"""What becomes of runs whose Job or pod comes to harm: the right state, and the cluster's reason.

All of them run at the same time: a pod takes seconds to start.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import kubernetes_flows as flows
import pytest

from lume_services import config
from lume_services.errors import FlowFailedError, RunTimeoutError
from lume_services.flows import Resumption
from lume_services.services.scheduling import service as scheduling
from lume_services.services.scheduling.service import SchedulingService
from servers import RUN_SECONDS, until
from servers.kubernetes import KubernetesServer, Namespace, restart_api_server

SMALL = {
    "volumes": [{"name": "small", "emptyDir": {"sizeLimit": "1Mi"}}],
    "containers": [{"name": "flow", "volumeMounts": [{"name": "small", "mountPath": "/small"}]}],
}
MISSING = {"containers": [{"name": "flow", "envFrom": [{"secretRef": {"name": "missing"}}]}]}


def with_pod(specification: dict[str, Any]) -> dict[str, Any]:
    return {"job_template": {"spec": {"template": {"spec": specification}}}}


OPTIONS: dict[str, dict[str, Any]] = {
    "no image": {"image": "lume-services:there-is-none"},
    "no registry": {"image": "127.0.0.1:9/lume-services:1", "image_pull_policy": "IfNotPresent"},
    "no node": {"memory_request": "9Ti", "start_timeout_seconds": 30},
    "no secret": {"start_timeout_seconds": 60, **with_pod(MISSING)},
    "evicted": with_pod(SMALL),
    "memory": {"memory_limit": "400Mi"},
    "exit": {},
    "deadline": {"active_deadline_seconds": 1},
    "pod deleted": {},
    "job deleted": {},
    "cancelled": {},
}
REASONS = {
    "no image": "ErrImageNeverPull: Container image .*there-is-none.* is not present",
    "no registry": "did not start within 60 s: .*Failed to pull image .*127.0.0.1:9: connect: ",
    "no node": "did not start within 30 s: Unschedulable: 0/1 nodes are available: 1 Insuffic",
    "no secret": 'did not start within 60 s: CreateContainerConfigError: secret "missing" not f',
    "evicted": "Evicted: Usage of EmptyDir volume .*small.* exceeds the limit",
    "memory": "OOMKilled: the flow used more memory than its limit of 400Mi|limit of 400Mi",
    "exit": r"Error: the flow ended with exit code 7\n.*the beam is lost",
    "deadline": "DeadlineExceeded: Job was active longer than specified deadline",
    "pod deleted": "pod .* on .* was deleted while the flow ran",
    "job deleted": "Job .* was deleted before its end, by hand or by the cluster",
    "cancelled": "",
    "late": "",
}
CANCELLED = ("cancelled", "late")


@pytest.fixture(scope="module")
def service(
    kubernetes_worker: KubernetesServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SchedulingService]:
    service = scheduling.build(kubernetes_worker.settings(tmp_path_factory.mktemp("client")))
    yield service
    service.close()


@pytest.fixture(scope="module")
def harmed(service: SchedulingService, kubernetes_worker: KubernetesServer) -> dict[str, str]:
    """Start one run for each harm, and do the harm that is done by hand; return the runs."""
    folder, namespace = kubernetes_worker.shared, kubernetes_worker.namespace
    runs = {
        name: service.run(flows.harmed, _parameters(folder, name), **options)
        for name, options in OPTIONS.items()
    }
    with pytest.raises(RunTimeoutError, match="after 1 s"):
        service.run_and_return(
            flows.harmed, _parameters(folder, "late"), timeout=1, run_name="late"
        )
    runs["late"] = next(run.id for run in service.runs(limit=50) if run.name == "late")
    until(lambda: all((folder / name).exists() for name in ("pod deleted", "job deleted")))
    for kind in ("pod", "job"):
        selector = f"--selector=lume-services/run={runs[f'{kind} deleted']}"
        namespace.kubectl("delete", kind, selector, "--wait=false")
    until((folder / "cancelled").exists)
    service.cancel(runs["cancelled"])
    return runs


def _parameters(folder: Path, name: str) -> dict[str, str]:
    return {"folder": str(folder), "name": name, "harm": name}


@pytest.mark.parametrize("name", list(REASONS))
def test_a_run_that_comes_to_harm_ends_with_the_reason_of_the_cluster(
    service: SchedulingService, harmed: dict[str, str], name: str
) -> None:
    run = service.wait(harmed[name], timeout=RUN_SECONDS)
    assert run.state_name == ("Cancelled" if name in CANCELLED else "Crashed")
    with pytest.raises(FlowFailedError, match=rf"(?s)ended as {run.state_name}: .*{REASONS[name]}"):
        service.require_completed(run.id)


def test_what_has_ended_is_resumed_and_nothing_stays(
    service: SchedulingService,
    harmed: dict[str, str],
    kubernetes_worker: KubernetesServer,
    tmp_path: Path,
) -> None:
    namespace = kubernetes_worker.namespace
    for run_id in harmed.values():
        service.wait(run_id, timeout=RUN_SECONDS)
    with config.use(kubernetes_worker.settings(tmp_path)):
        again = Resumption(harmed["pod deleted"]).run()
    # What ended by itself may be looked at for a while; what could not is gone.
    until(lambda: _there(namespace, harmed) <= {"memory", "exit", "deadline", "evicted"})
    assert service.wait(again, timeout=RUN_SECONDS).state_name == "Completed"
    assert service.get_result(again) == "pod deleted again"
    (job,) = namespace.of_run("job", again)
    assert job["metadata"]["annotations"]["lume-services/flow"] == "harmed"
    assert job["spec"]["ttlSecondsAfterFinished"] == 300


def _there(namespace: Namespace, runs: dict[str, str]) -> set[str]:
    """Return the names of the runs whose Job or pod is there."""
    found = [*namespace.items("jobs"), *namespace.items("pods")]
    there = {each["metadata"]["labels"]["lume-services/run"] for each in found}
    return {name for name, run_id in runs.items() if run_id in there}


def test_a_worker_and_the_api_server_may_be_killed_while_a_run_goes_on(
    kubernetes_server: KubernetesServer, service: SchedulingService
) -> None:
    folder = kubernetes_server.shared
    with kubernetes_server.working("--label", "killed", "--name", "first") as worker:
        run_id = service.run(flows.until_told, {"folder": str(folder)}, labels=["killed"])
        until((folder / "begun").exists)
        worker.kill()
    with kubernetes_server.working("--label", "killed", "--name", "second"):
        until(lambda: not _worker(kubernetes_server, run_id).startswith("first"))
        restart_api_server()
        (folder / "told").touch()
        assert service.wait(run_id, timeout=RUN_SECONDS).state_name == "Completed"
        until(lambda: _is_left_to_its_ttl(kubernetes_server.namespace, run_id))


def _worker(server: KubernetesServer, run_id: str) -> str:
    """Return the name of the worker that looks after a run."""
    run = httpx.get(f"{server.server.url}/flow_runs/{run_id}", trust_env=False, timeout=60).json()
    return str(run["labels"]["prefect.worker.name"])


def _is_left_to_its_ttl(namespace: Namespace, run_id: str) -> bool:
    """Return whether a worker has seen the end of a run's Job."""
    (job,) = namespace.of_run("job", run_id)
    return job["metadata"]["labels"].get("lume-services/ended") == "true"
