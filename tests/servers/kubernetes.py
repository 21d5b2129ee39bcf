"""A namespace of a Kubernetes cluster, and a worker whose runs are Jobs there.

``LUME_TEST_KUBECONFIG`` names the cluster, so that no test runs on one by mistake. Its nodes
must be this machine: pods use its network, its folders and its images.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lume_services.settings import LUMEServicesSettings
from servers import required
from servers.prefect import SCHEDULING, PrefectServer, working

TESTS = Path(__file__).parents[1]
# The scripts that CI starts the cluster with stand beside the checkout.
_TESTBED = Path(__file__).parents[3] / "shared" / "testbed"
_SECONDS = 60


@dataclass(frozen=True)
class Namespace:
    """A namespace of the tests' own.

    Parameters
    ----------
    name
        Its name.
    kubeconfig
        The cluster, entered as an administrator.
    """

    name: str
    kubeconfig: str

    def kubectl(self, *arguments: str, check: bool = True, stdin: str | None = None) -> str:
        """Run kubectl in the namespace; return what it writes."""
        done = subprocess.run(
            ["kubectl", f"--kubeconfig={self.kubeconfig}", f"--namespace={self.name}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def items(self, kind: str, *options: str) -> list[dict[str, Any]]:
        """Return things of a kind."""
        found: list[dict[str, Any]] = json.loads(
            self.kubectl("get", kind, "--output=json", *options)
        )["items"]
        return found

    def of_run(self, kind: str, run_id: str) -> list[dict[str, Any]]:
        """Return the Jobs or pods of a run."""
        return self.items(kind, f"--selector=lume-services/run={run_id}")


@dataclass(frozen=True)
class KubernetesServer:
    """A Prefect server whose runs are Jobs of a namespace, with folders that both see."""

    server: PrefectServer
    namespace: Namespace
    image: str
    shared: Path

    def options(self) -> dict[str, Any]:
        """Return the settings of the section ``kubernetes``."""
        folders = {"tests": TESTS, "shared": self.shared}
        path = ":".join(str(TESTS / each) for each in ("services/scheduling", "conformance"))
        return {
            "kubeconfig": self.namespace.kubeconfig,
            "namespace": self.namespace.name,
            "image": self.image,
            "image_pull_policy": "Never",
            "env": {"PYTHONPATH": path},
            "volumes": [
                {"name": name, "hostPath": {"path": str(folder)}}
                for name, folder in folders.items()
            ],
            "volume_mounts": [
                {"name": name, "mountPath": str(folder)} for name, folder in folders.items()
            ],
            # Only root may enter the folders of the tests.
            "job_template": {
                "spec": {
                    "template": {"spec": {"hostNetwork": True, "securityContext": {"runAsUser": 0}}}
                }
            },
        }

    def settings(self, home: Path) -> LUMEServicesSettings:
        """Return settings of a client."""
        return LUMEServicesSettings(
            backend="kubernetes",
            home=home,
            prefect={"api_url": self.server.url},  # type: ignore[arg-type]
            kubernetes=self.options(),  # type: ignore[arg-type]
        )

    def variables(self) -> dict[str, str]:
        """Return the settings of the section as environment variables."""
        return {
            f"LUME_KUBERNETES__{name.upper()}": text if isinstance(text, str) else json.dumps(text)
            for name, text in self.options().items()
        }

    @contextmanager
    def working(self, *options: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a worker, and end it."""
        variables = {**self.variables(), **environment}
        with working(
            self.server, SCHEDULING, *options, backend="kubernetes", **variables
        ) as process:
            yield process


def restart_api_server() -> None:
    """Kill the cluster's API server and start it again, where the cluster is CI's own."""
    if not _TESTBED.is_dir():
        required("A cluster whose API server may be killed", f"there is none of {_TESTBED}")
    state = Path(os.environ.get("TESTBED_STATE", "/var/lib/testbed"))
    number, started = (state / "pids/kube-apiserver").read_text().split()
    stat = Path(f"/proc/{number}/stat").read_text()
    # Never another process that has got its number.
    assert stat.rpartition(")")[2].split()[19] == started
    os.kill(int(number), signal.SIGKILL)
    subprocess.run([_TESTBED / "kubernetes-up"], capture_output=True, check=True, timeout=300)


def kubeconfig() -> str:
    """Ask for a cluster."""
    given = os.environ.get("LUME_TEST_KUBECONFIG")
    if not given or shutil.which("kubectl") is None:
        required(
            "A Kubernetes cluster on this machine",
            "set LUME_TEST_KUBECONFIG to its kubeconfig, and install kubectl",
        )
    return given


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    """Return an empty namespace, which is removed with all that is in it."""
    made = Namespace(f"lume-test-{secrets.token_hex(3)}", kubeconfig())
    made.kubectl("create", "namespace", made.name)
    yield made
    made.kubectl("delete", "namespace", made.name, "--wait=false")


@pytest.fixture(scope="session")
def kubernetes_server(
    prefect_server: PrefectServer, namespace: Namespace, image: str, shared: Path
) -> KubernetesServer:
    """Return the server of the tests, for runs that are Jobs."""
    return KubernetesServer(prefect_server, namespace, image, shared)


@pytest.fixture(scope="session")
def kubernetes_worker(kubernetes_server: KubernetesServer) -> Iterator[KubernetesServer]:
    """Return the server with a worker that starts Jobs."""
    with kubernetes_server.working("--label", "tests"):
        yield kubernetes_server
