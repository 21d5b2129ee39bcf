"""What becomes of a flow-of-flows whose orchestrating process is killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lume_services import config
from lume_services.flows import FlowOfFlows
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import PrefectServer

NAMES = ("left", "right", "joined", "last")
TRACES = ["last of left+right", "left", "left+right", "right"]


@pytest.fixture
def scheduling(prefect_worker: PrefectServer) -> Iterator[SchedulingService]:
    with config.use(prefect_worker.settings(prefect_worker.home)) as services:
        for name in NAMES:
            file = Path(__file__).with_name("traced_flows.py")
            services.scheduling.register_flow(f"{file}:{name}", "lab")
        yield services.scheduling


@pytest.fixture
def processes(prefect_worker: PrefectServer, tmp_path: Path) -> Iterator[ProcessBackend]:
    backend = ProcessBackend(prefect_worker.settings(tmp_path))
    yield backend
    backend.close()


def killed_and_retried(
    backend: ProcessBackend, run_id: str, folder: Path, moments: tuple[float, float]
) -> None:
    """Kill a run's process soon after its start, and when children run; let it be retried."""
    first = _until(lambda: _process(backend, run_id))
    time.sleep(moments[0])
    _kill_and_retry(backend, run_id, first)
    second = _until(lambda: _process(backend, run_id), first)
    _until(lambda: (folder / "traces").exists())
    time.sleep(moments[1])
    _kill_and_retry(backend, run_id, second)


def _process(backend: ProcessBackend, run_id: str) -> int | None:
    """Return the process that the worker has started for a run."""
    number = backend.server.get(f"/flow_runs/{run_id}")["infrastructure_pid"]
    return None if number is None else int(number)


def _kill_and_retry(backend: ProcessBackend, run_id: str, process: int) -> None:
    os.kill(process, signal.SIGKILL)
    path = f"/flow_runs/{run_id}"
    assert _until(lambda: backend.server.get(path)["state_type"] == "CRASHED")
    state = {"type": "SCHEDULED", "name": "Scheduled"}
    backend.server.post(f"{path}/set_state", {"state": state, "force": True})


def _until(found: Callable[[], Any], other_than: Any = None) -> Any:
    deadline = time.monotonic() + 300
    while (now := found()) in (None, False, other_than) and time.monotonic() < deadline:
        time.sleep(0.05)
    return now


def test_no_child_is_run_twice_or_lost_when_its_parent_is_killed_at_any_moment(
    scheduling: SchedulingService, processes: ProcessBackend, composition: Any, tmp_path: Path
) -> None:
    mapping = {"one": {"parent_flow_name": "left"}, "other": {"parent_flow_name": "right"}}
    composed = FlowOfFlows.from_yaml(
        composition(
            left={}, right={}, joined=mapping, last={"before": {"parent_flow_name": "joined"}}
        )
    )
    composed.register()
    chance, runs = random.Random(7), {}
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        runs[composed.run({f"{name}-folder": str(folder) for name in NAMES})] = folder
    with ThreadPoolExecutor(len(runs)) as pool:
        moments = [(chance.uniform(0, 1.5), chance.uniform(0, 2)) for _ in runs]
        list(pool.map(partial(killed_and_retried, processes), runs, runs.values(), moments))
    for run_id, folder in runs.items():
        run = scheduling.wait(run_id, timeout=300)
        children = scheduling.child_runs(run_id)
        assert run.state_name == "Completed"
        assert sorted((folder / "traces").read_text().splitlines()) == TRACES
        assert sorted((child.flow_name, child.run_count) for child in children) == [
            (name, 1) for name in sorted(NAMES)
        ]
