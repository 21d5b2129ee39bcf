"""What becomes of runs when a worker is killed, or lost with its host."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fault_flows as flows
import pytest

from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.prefect_server.lost_workers import LostWorkers
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import SCHEDULING, PrefectServer, working


@pytest.fixture
def processes(prefect_worker: PrefectServer, tmp_path: Path) -> Iterator[ProcessBackend]:
    backend = ProcessBackend(prefect_worker.settings(tmp_path))
    yield backend
    backend.close()


def until(done: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := done()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def traces(folder: Path) -> list[str]:
    file = folder / "traces"
    return file.read_text().splitlines() if file.exists() else []


def guard_of(backend: ProcessBackend, run_id: str) -> int:
    """Return the process that the worker has started for a run."""
    return int(until(lambda: backend.server.get(f"/flow_runs/{run_id}")["infrastructure_pid"]))


def test_runs_of_killed_and_lost_workers_are_crashed_and_can_be_resumed(
    processes: ProcessBackend, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    service = SchedulingService(processes)
    unhurt = service.run(flows.traced, {"folder": str(tmp_path), "name": "unhurt", "seconds": 30})
    start = prefect_worker, SCHEDULING, "--label"
    with working(*start, "cold") as cold, working(*start, "forking", "--warm") as warm:
        config = {"folder": str(tmp_path)}
        labels = {"cold": "cold", "warm": "forking", "lost": "forking"}
        runs = {
            name: service.run(flows.traced, {**config, "name": name, "seconds": 60}, labels=[label])
            for name, label in labels.items()
        }
        assert until(lambda: len([line for line in traces(tmp_path) if "begins" in line]) == 4)
        # As if its host was gone: nobody is left who could tell of this run.
        os.kill(warm.pid, signal.SIGSTOP)
        os.kill(guard_of(processes, runs["lost"]), signal.SIGKILL)
        for worker in (warm, cold):
            worker.kill()
        begin = time.monotonic()
        for name in ("cold", "warm"):
            run = service.wait(runs[name], timeout=60)
            assert (run.state_name, run.message) == (
                "Crashed",
                "The worker that had started this run was killed, and so was the run.",
            )
        assert time.monotonic() - begin < 30
    assert service.run_info(runs["lost"]).state_name == "Running"
    lost = LostWorkers(processes.server, processes.pool, silence_seconds=20)

    def given_up() -> bool:
        lost.look()
        return service.run_info(runs["lost"]).state_name == "Crashed"

    assert until(given_up)
    message = "has not been heard of for 20 s; it is lost, and so is this run."
    assert message in (service.run_info(runs["lost"]).message or "")
    assert service.wait(unhurt, timeout=60).state_name == "Completed"
