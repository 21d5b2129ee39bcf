"""The Docker backend where it differs from the process backend, and its faults."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker_flows as flows
import pytest

from lume_services.errors import FlowFailedError, InputError, RunTimeoutError, SchedulingError
from lume_services.services.scheduling import service as scheduling
from lume_services.services.scheduling.docker.engine import DockerEngine
from lume_services.services.scheduling.service import SchedulingService
from lume_services.settings import LUMEServicesSettings
from servers.docker import DockerWorker, docker

SECONDS = 300
EXTRA = {"EXTRA_PIP_PACKAGES": "no-such-package", "PIP_NO_INDEX": "1"}


@pytest.fixture
def service(docker_worker: DockerWorker, tmp_path: Path) -> Iterator[SchedulingService]:
    service = scheduling.build(docker_worker.settings(tmp_path))
    yield service
    service.close()


def containers(run_id: str, *options: str) -> list[str]:
    """Return the containers of a run."""
    wanted = f"label=lume-services/run={run_id}"
    return docker("ps", "--quiet", "--no-trunc", "--filter", wanted, *options).stdout.split()


def soon(look: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Return what is seen as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen
    return seen


def failed(service: SchedulingService, run_id: str) -> str:
    service.wait(run_id, SECONDS)
    with pytest.raises(FlowFailedError, match="ended as Crashed") as caught:
        service.require_completed(run_id)
    assert not containers(run_id, "--all")
    return str(caught.value)


def test_ends_that_a_flow_cannot_report_are_reported(service: SchedulingService) -> None:
    submit = {
        "memory": (flows.hungry, {"mebibytes": 1000}, {"mem_limit": "200m"}),
        "exit": (flows.leaving, {"code": 3}, {}),
        "image": (flows.quiet, {}, {"image": "lume-services:never-built"}),
        "extra": (flows.quiet, {}, {"env": EXTRA}),
        "network": (flows.quiet, {}, {"network_mode": "no-such-network"}),
    }
    runs = {name: service.run(flow, given, **how) for name, (flow, given, how) in submit.items()}
    said = {name: failed(service, run_id) for name, run_id in runs.items()}
    assert "killed for memory: it may take 200 MiB (mem_limit)" in said["memory"]
    assert "its container ended with exit code 3; its last lines:" in said["exit"]
    assert "the magnet is too warm" in said["exit"]
    assert "'lume-services:never-built' is not on the Docker engine at unix:///" in said["image"]
    assert "its container ended with exit code 65; its last lines:" in said["extra"]
    assert "pip could not install no-such-package of EXTRA_PIP_PACKAGES" in said["extra"]
    assert "no-such-network" in said["network"]


def test_a_cancelled_run_and_one_that_takes_too_long_leave_no_container(
    service: SchedulingService,
) -> None:
    cancelled = service.run(flows.waiting)
    with pytest.raises(RunTimeoutError, match="after 1 s"):
        service.run_and_return(flows.waiting, timeout=1, run_name="too-long", labels=["docker"])
    late = next(run.id for run in service.runs(limit=20) if run.name == "too-long")
    soon(lambda: service.run_info(cancelled).state_name == "Running")
    service.cancel(cancelled)
    for run_id in (cancelled, late):
        assert service.wait(run_id, SECONDS).state_name == "Cancelled"
        soon(lambda run_id=run_id: not containers(run_id, "--all"))


def test_a_container_that_is_removed_by_hand_leaves_a_crashed_run(
    service: SchedulingService,
) -> None:
    run_id = service.run(flows.waiting)
    soon(lambda: service.run_info(run_id).state_name == "Running")
    docker("rm", "--force", *containers(run_id))
    assert "its container was removed before it had ended" in failed(service, run_id)


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("unix:///no/docker.sock", "start it, or set DOCKER_HOST to the address of another"),
        ("tcp://127.0.0.1:1", "start it, or set DOCKER_HOST"),
        ("nowhere", "see whether `docker info` works here"),
    ],
)
# The driver leaves the socket that it could not connect for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_worker_without_an_engine_says_so(
    address: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    engine = DockerEngine(LUMEServicesSettings(backend="docker", home=tmp_path))
    with pytest.raises(SchedulingError, match=f"engine at {address} cannot be reached.*{advice}"):
        engine.check()
    gc.collect()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"mem_limit": "64q"}, r"mem_limit='64q': .*should specify the units"),
        ({"mem_limit": "1m"}, r"mem_limit='1m': .*must be at least 6m"),
        ({"ports": ["80:http"]}, r"Invalid port"),
        ({"volumes": ["data"]}, r"'data' must be like /host/path:/container/path"),
        ({"host_config": {"memory": 1}}, r"unexpected keyword argument 'memory'"),
        ({"host_config": {"restart_policy": {}}}, r"takes no restart_policy"),
        ({"cpus": 0}, r"cpus=0: Input should be greater than 0"),
        ({"imag": "x"}, r"imag='x': Extra inputs are not permitted; a run takes: cpus, env"),
    ],
)
def test_options_are_refused_before_submission(
    service: SchedulingService, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        service.run(flows.quiet, **options)
