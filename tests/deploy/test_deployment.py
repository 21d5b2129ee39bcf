"""The manifests on a cluster: a server, its database and a worker, which may be killed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deployed_flows as flows
import httpx
import kustomizing
import pytest

from lume_services import config
from lume_services.results import Result
from lume_services.settings import LUMEServicesSettings
from servers import free_port
from servers.docker import stand_in
from servers.kubernetes import Namespace, kubeconfig

pytestmark = pytest.mark.xdist_group("kubernetes")

SECONDS = 300.0
HERE = Path(__file__).parent
SHARED = "/shared"
JOBS = ("create", "delete", "get", "list", "patch", "watch")


@dataclass(frozen=True)
class Deployed:
    """What has been deployed in a namespace, and a folder of the node that runs have."""

    namespace: Namespace
    values: dict[str, str]
    ports: dict[str, str]
    shared: Path

    def settings(self, home: Path) -> LUMEServicesSettings:
        """Return the settings of a client."""
        folders = {"flows": (HERE, str(HERE)), "shared": (self.shared, SHARED)}
        return LUMEServicesSettings(
            backend="kubernetes",
            home=home,
            prefect={
                "api_url": f"http://127.0.0.1:{self.ports['14200']}/api",
                "auth_string": self.values["LUME_PREFECT__AUTH_STRING"],
            },
            results_db={"url": self.values["LUME_RESULTS_DB__URL"]},
            kubernetes={
                "env": {"PYTHONPATH": str(HERE)},
                "volumes": [
                    {"name": name, "hostPath": {"path": str(path)}}
                    for name, (path, _) in folders.items()
                ],
                "volume_mounts": [
                    {"name": name, "mountPath": path} for name, (_, path) in folders.items()
                ],
            },
        )

    def pods(self, name: str) -> list[dict[str, Any]]:
        """Return the pods of a part."""
        return self.namespace.items("pods", f"--selector=app.kubernetes.io/name={name}")

    def is_well(self) -> bool:
        """Tell whether the server answers, and its database with it."""
        try:
            url = f"http://127.0.0.1:{self.ports['14200']}/api/ready"
            return httpx.get(url, trust_env=False, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def until(self, done: Callable[[], object]) -> None:
        """Wait until something is so, and fail with what the cluster tells where it is not."""
        deadline = time.monotonic() + SECONDS
        while not done():
            if time.monotonic() > deadline:
                told = self.namespace.kubectl("get", "pods,events", check=False)
                for pod in self.namespace.items("pods"):
                    options = ("--all-containers", "--tail=20", pod["metadata"]["name"])
                    told += self.namespace.kubectl("logs", *options, check=False)
                pytest.fail(told)
            time.sleep(0.2)


@pytest.fixture(scope="module")
def deployed(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    ports = {port: str(free_port()) for port in ("14200", "15432")}
    values = _values(ports["15432"])
    namespace = Namespace(f"lume-test-{secrets.token_hex(3)}", kubeconfig())
    replaced = {**ports, "lume-test-postgresql": stand_in("postgresql")}
    overlay = kustomizing.host_network(folder / "overlay", namespace.name, image, replaced)
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    try:
        namespace.kubectl("create", "namespace", namespace.name)
        made = kustomizing.secrets(folder / "secrets", namespace.name, values)
        namespace.kubectl("apply", "-k", str(made))
        namespace.kubectl("apply", "-k", str(overlay))
        yield Deployed(namespace, values, ports, shared)
    finally:
        namespace.kubectl("delete", "namespace", namespace.name, "--wait=false")


def _values(port: str) -> dict[str, str]:
    """Return what a user invents for the Secrets."""
    where = f"127.0.0.1:{port}"
    return {
        "superuser": secrets.token_hex(16),
        "LUME_PREFECT__AUTH_STRING": f"lume:{secrets.token_hex(16)}",
        "LUME_PREFECT__DATABASE_URL": f"postgresql://prefect:{secrets.token_hex(16)}@{where}/prefect",
        "LUME_RESULTS_DB__URL": f"postgresql://results:{secrets.token_hex(16)}@{where}/results",
    }


def test_a_worker_may_do_what_it_needs_in_its_namespace_and_nothing_else(
    deployed: Deployed,
) -> None:
    own = deployed.namespace
    # The cluster takes a moment to know the role.
    deployed.until(lambda: _allowed(own, own.name))
    assert _allowed(own, own.name) == {
        *(("batch", "jobs", each) for each in JOBS),
        *(("", "pods", each) for each in ("delete", "list", "watch")),
        ("", "pods/log", "get"),
        ("", "events", "list"),
    }
    assert _allowed(own, "default") == set()
    for question in (
        "list jobs --all-namespaces",
        "list pods --all-namespaces",
        "get secrets --all-namespaces",
        "list nodes",
        "list namespaces",
        "create clusterrolebindings",
    ):
        answer = own.kubectl("auth", "can-i", *question.split(), _worker(own), check=False)
        assert (question, answer.strip()) == (question, "no")


def _worker(namespace: Namespace) -> str:
    return f"--as=system:serviceaccount:{namespace.name}:lume-services-worker"


def _allowed(namespace: Namespace, where: str) -> set[tuple[str, str, str]]:
    """Return what the worker may do in a namespace besides asking what it may."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": where},
    }
    options = ("--filename=-", "--output=json", "--validate=false", _worker(namespace))
    answer = json.loads(namespace.kubectl("create", *options, stdin=json.dumps(review)))
    assert not answer["status"].get("incomplete")
    return {
        (group, resource, verb)
        for rule in answer["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if group != "authorization.k8s.io"
    }


def test_a_run_goes_on_while_server_and_worker_are_replaced(
    deployed: Deployed, tmp_path: Path
) -> None:
    deployed.until(deployed.is_well)
    with config.use(deployed.settings(tmp_path)) as services:
        service = services.scheduling
        record = service.register_flow(flows.measured, "linac")
        run_id = service.run(record, {"shared": SHARED, "angle": 0.5})
        deployed.until((deployed.shared / "begun").exists)
        _replace(deployed, "lume-services-worker", "prefect-server")
        deployed.until(deployed.is_well)
        (deployed.shared / "told").touch()
        service.wait(run_id, timeout=SECONDS)
        service.require_completed(run_id)
        # The image's own user.
        assert service.get_result(run_id) == 1000
        (saved,) = Result.find({"flow_id": run_id})
        assert saved.outputs == {"position": 1.0}
    _check_that_nothing_is_shown(deployed, run_id)


def _replace(deployed: Deployed, *names: str) -> None:
    """Kill the pods of parts, and wait until others are there."""
    before = {name: _uids(deployed, name) for name in names}
    for name in names:
        selector = f"--selector=app.kubernetes.io/name={name}"
        deployed.namespace.kubectl("delete", "pods", selector, "--force", "--grace-period=0")
    deployed.until(lambda: all(_uids(deployed, name) - before[name] for name in names))


def _uids(deployed: Deployed, name: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in deployed.pods(name)}


def _check_that_nothing_is_shown(deployed: Deployed, run_id: str) -> None:
    """What is not a Secret has no password, nor does anything that was logged."""
    shown = deployed.namespace.kubectl("get", "all,configmaps,events", "--output=json")
    assert run_id in shown
    for value in deployed.values.values():
        assert value.rpartition(":")[2].partition("@")[0] not in shown
