"""What becomes of runs when a worker is killed, lost with its host, or has many of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fault_flows as flows
import pytest

from lume_services import config
from lume_services.flows import FlowOfFlows
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.prefect_server.lost_workers import LostWorkers
from lume_services.services.scheduling.service import SchedulingService
from servers import until
from servers.prefect import SCHEDULING, PrefectServer, working

MANY = 24


@pytest.fixture
def processes(prefect_worker: PrefectServer, tmp_path: Path) -> Iterator[ProcessBackend]:
    backend = ProcessBackend(prefect_worker.settings(tmp_path))
    yield backend
    backend.close()


def traces(folder: Path) -> list[str]:
    file = folder / "traces"
    return file.read_text().splitlines() if file.exists() else []


def guard_of(backend: ProcessBackend, run_id: str) -> int:
    """Return the process that the worker has started for a run."""
    return int(until(lambda: backend.server.get(f"/flow_runs/{run_id}")["infrastructure_pid"]))


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def retried(backend: ProcessBackend, run_id: str) -> str:
    """Let a run that has ended be run once more."""
    state = {"type": "SCHEDULED", "name": "Scheduled"}
    backend.server.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})
    return run_id


def test_runs_of_killed_and_lost_workers_are_crashed_and_can_be_resumed(
    processes: ProcessBackend, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    service = SchedulingService(processes)
    unhurt = service.run(flows.traced, {"folder": str(tmp_path), "name": "unhurt", "seconds": 30})
    start = prefect_worker, SCHEDULING, "--label"
    with working(*start, "cold") as cold, working(*start, "forking", "--warm", "8") as warm:
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
        for name in ("cold", "warm"):
            run = service.wait(runs[name], timeout=300)
            assert (run.state_name, run.message) == (
                "Crashed",
                "The worker that had started this run was killed, and so was the run.",
            )
    assert service.run_info(runs["lost"]).state_name == "Running"
    # A worker that was lost between two requests: nobody says that the run is its own.
    taken = service.run(flows.traced, {**config, "name": "taken"}, labels=["nobody"])
    state = {"state": {"type": "PENDING", "name": "Pending"}}
    processes.server.post(f"/flow_runs/{taken}/set_state", state)
    lost = LostWorkers(processes.server, processes.pool, silence_seconds=20)

    def given_up() -> bool:
        lost.look()
        return service.run_info(runs["lost"]).state_name == "Crashed"

    assert until(given_up)
    assert service.run_info(taken).state_name == "Scheduled"
    message = "has not been heard of for 20 s; it is lost, and so is this run."
    assert message in (service.run_info(runs["lost"]).message or "")
    assert service.wait(unhurt, timeout=300).state_name == "Completed"
    with working(*start, "cold", "--label", "forking", "--warm", "8"):
        again = [retried(processes, run_id) for run_id in runs.values()]
        assert {service.wait(run_id, timeout=300).state_name for run_id in again} == {"Completed"}
    ended = ["unhurt", *labels]
    assert sorted(traces(tmp_path)) == sorted(
        [f"{name} begins" for name in (*ended, *labels)] + [f"{name} ends" for name in ended]
    )


@pytest.fixture(scope="module")
def second_worker(prefect_worker: PrefectServer) -> Iterator[None]:
    options = ("--label", "crowd", "--warm", "4")
    with working(prefect_worker, SCHEDULING, *options):
        yield


@pytest.mark.usefixtures("second_worker")
def test_what_a_run_says_after_it_was_taken_for_lost_is_ignored(
    processes: ProcessBackend, tmp_path: Path
) -> None:
    service = SchedulingService(processes)
    run_id = service.run(flows.slow_attempt, {"folder": str(tmp_path)})
    first = int(until(lambda: traces(tmp_path))[0])
    state = {"type": "CRASHED", "name": "Crashed", "message": "taken for lost"}
    processes.server.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})
    retried(processes, run_id)
    assert until(lambda: len(traces(tmp_path)) == 2)
    (tmp_path / "end-1").touch()
    assert until(lambda: not is_there(first))
    assert service.run_info(run_id).state_name == "Running"
    (tmp_path / "end-2").touch()
    assert service.wait(run_id, timeout=300).state_name == "Completed"
    assert service.get_result(run_id) == 2


@pytest.mark.usefixtures("second_worker")
def test_many_runs_on_a_worker_with_a_limit_are_all_run_once(
    processes: ProcessBackend, tmp_path: Path
) -> None:
    service = SchedulingService(processes)
    record = service.register_flow(flows.traced, "tests")
    runs = [
        service.run(record, {"folder": str(tmp_path), "name": str(i)}, labels=["crowd"])
        for i in range(MANY)
    ]
    with ThreadPoolExecutor(MANY) as pool:
        ended = list(pool.map(service.wait, runs))
    assert [(run.state_name, run.run_count) for run in ended] == [("Completed", 1)] * MANY
    assert sorted(traces(tmp_path)) == sorted(
        f"{number} {what}" for number in range(MANY) for what in ("begins", "ends")
    )


@pytest.mark.usefixtures("second_worker")
def test_flows_of_flows_take_no_place_from_their_children(
    processes: ProcessBackend, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    specification = {
        "name": "crowded",
        "project_name": "tests",
        "labels": ["crowd"],
        "composing_flows": [{"name": "traced", "project_name": "tests"}],
    }
    service = SchedulingService(processes)
    service.register_flow(flows.traced, "tests", labels=["crowd"])
    with config.use(prefect_worker.settings(tmp_path)):
        composed = FlowOfFlows.from_yaml(specification)
        parameters = {"traced-folder": str(tmp_path), "traced-name": "child"}
        runs = [composed.run(parameters) for _ in range(4)]
    assert {service.wait(run_id, timeout=300).state_name for run_id in runs} == {"Completed"}
    assert traces(tmp_path).count("child ends") == 4
