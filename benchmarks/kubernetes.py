"""Jobs of Kubernetes: from submission to the first line of a flow, against ``kubectl create``."""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import server, table
from benchmarks.table import Row
from lume_services import config
from lume_services.services.scheduling.prefect_server.jobs.environment import job_environment

IMAGE = os.environ.get("BENCH_IMAGE", "lume-services:test")
NAMESPACE = f"lume-bench-{secrets.token_hex(3)}"
FLOW = Path(__file__).parent / "programs" / "first_line.py"
VOLUME = {"name": "flows", "hostPath": {"path": str(FLOW.parent)}}
MOUNT = {"name": "flows", "mountPath": str(FLOW.parent)}
TIME = ("python", "-c", "import time; print(time.time())")
SECONDS = "300"


def main(quick: bool) -> None:
    repeats = 1 if quick else 10
    template = {"spec": {"template": {"spec": {"hostNetwork": True}}}}
    os.environ |= {
        "LUME_KUBERNETES__NAMESPACE": NAMESPACE,
        "LUME_KUBERNETES__IMAGE": IMAGE,
        "LUME_KUBERNETES__IMAGE_PULL_POLICY": "Never",
        "LUME_KUBERNETES__VOLUMES": json.dumps([VOLUME]),
        "LUME_KUBERNETES__VOLUME_MOUNTS": json.dumps([MOUNT]),
        "LUME_KUBERNETES__JOB_TEMPLATE": json.dumps(template),
    }
    with namespace(), server.serving("kubernetes"):
        config.current().scheduling.register_flow(f"{FLOW}:first_line", "bench")
        table.show(rows(repeats))


@contextmanager
def namespace() -> Iterator[None]:
    kubectl("create", "namespace", NAMESPACE)
    try:
        yield
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def rows(repeats: int) -> list[Row]:
    bare = statistics.median(created() for _ in range(repeats))
    floor = statistics.median(by_hand() for _ in range(repeats))
    with server.running("worker", "start") as started:
        server.until(lambda: "started!" in started.log.read_text(), started.log)
        total = statistics.median([submitted() for _ in range(repeats + 1)][1:])
    return [
        Row("kubectl create of a Job of the image, to its first line", bare, "s"),
        Row("the same, executing the flow's run by hand, to the flow's", floor, "s"),
        Row("Kubernetes worker, submission to the first line of the flow", total, "s"),
        Row("  beyond kubectl create and the flow's run by hand", total - floor, "s", 1),
        Row("  beyond kubectl create of the image alone", total - bare, "s"),
    ]


def created() -> float:
    """Create a Job; return how long it takes to its first line."""
    begin = time.time()
    name = create(TIME, {})
    kubectl("wait", "--for=condition=complete", f"--timeout={SECONDS}s", name)
    return float(kubectl("logs", name)) - begin


def by_hand() -> float:
    """Create a Job that executes a run; return how long it takes to the flow's first line."""
    services = config.current()
    record = services.scheduling.record("first-line", "bench")
    run_id = services.scheduling.run(record, labels=["nobody"])
    server.take(run_id)
    environment = job_environment(services.settings) | {"PREFECT__FLOW_RUN_ID": run_id}
    begin = time.time()
    create(("python", "-m", server.FLOW_PROCESS), environment)
    services.scheduling.wait(run_id, timeout=float(SECONDS))
    return float(services.scheduling.get_result(run_id)) - begin


def submitted() -> float:
    """Submit a run; return how long it takes to the flow's first line."""
    scheduling = config.current().scheduling
    record = scheduling.record("first-line", "bench")
    begin = time.time()
    return float(scheduling.run_and_return(record, timeout=float(SECONDS))) - begin


def create(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """Create a Job; return what kubectl calls it."""
    container = {
        "name": "flow",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "args": list(command),
        "env": [{"name": name, "value": text} for name, text in environment.items()],
        "volumeMounts": [MOUNT],
    }
    pod = {
        "hostNetwork": True,
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [VOLUME],
    }
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": "bench-"},
        "spec": {"template": {"spec": pod}},
    }
    return kubectl("create", "--filename=-", "--output=name", stdin=json.dumps(job)).strip()


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    command = ["kubectl", f"--namespace={NAMESPACE}", *arguments]
    return subprocess.run(
        command, input=stdin, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
