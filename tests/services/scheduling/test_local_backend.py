"""Flows on the local backend: Prefect's engine, the embedded API, no server."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine_flows as flows
import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from lume_services.errors import (
    RunNotFoundError,
)
from lume_services.services.scheduling.backends.local import LocalBackend
from lume_services.services.scheduling.service import SchedulingService


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SchedulingService]:
    flows.attempts.clear()
    flows.hooks.clear()
    service = SchedulingService(LocalBackend(tmp_path))
    yield service
    service.close()


def test_a_run_is_found_by_a_unique_beginning(service: SchedulingService) -> None:
    ids = [service.run(flows.sync_flow) for _ in range(17)]
    with pytest.raises(RunNotFoundError, match=r"no run 'zz' in .*history\.sqlite; `lume-services"):
        service.run_info("zz")
    shared = next(a[0] for a in ids for b in ids if a != b and a[0] == b[0])
    with pytest.raises(RunNotFoundError, match=f"'{shared}' is the beginning of several runs"):
        service.run_info(shared)


def test_hooks_are_called(service: SchedulingService) -> None:
    service.run(flows.hooked_flow)
    service.run(flows.hooked_flow, {"fail": True})
    expected = ["running:Running", "completion:Completed", "running:Running", "failure:Failed"]
    assert flows.hooks == expected


def test_cancelling_ends_a_run_as_cancelled(service: SchedulingService) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(service.run, flows.hooked_flow, {"seconds": 300})
        run_id = wait_for_running(service, "hooked-flow")
        # It is Running before it calls the hook of that state.
        while not flows.hooks:
            time.sleep(0.05)
        service.cancel(run_id)
        assert isinstance(running.exception(300), KeyboardInterrupt)
        service.cancel(run_id)  # nothing is left to cancel
    run = service.run_info(run_id)
    assert (run.state_type, run.state_name) == ("CANCELLED", "Cancelled")
    assert flows.hooks == ["running:Running", "cancellation:Cancelling"]


def test_a_run_that_ends_well_while_it_is_cancelled_is_cancelled(
    service: SchedulingService,
) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(service.run, flows.stubborn_flow)
        run_id = wait_for_running(service, "stubborn-flow")
        while not flows.hooks:
            time.sleep(0.05)
        service.cancel(run_id)
        assert running.result(300) == run_id
    run = service.run_info(run_id)
    assert (run.state_name, run.error) == ("Cancelled", None)


def wait_for_running(service: SchedulingService, flow_name: str) -> str:
    for _ in range(6000):
        for run in service.runs():
            if run.flow_name == flow_name and run.state_name == "Running":
                return run.id
        time.sleep(0.05)
    raise AssertionError(f"{flow_name} never ran")


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import engine_flows
from lume_services import config
config.current().scheduling.run(engine_flows.{flow})
"""


def start_script(flow: str) -> subprocess.Popen[str]:
    code = SCRIPT.format(folder=str(Path(__file__).parent), flow=flow)
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def test_ctrl_c_cancels_a_run_and_its_children(lume_home: Path) -> None:
    service = SchedulingService(LocalBackend(lume_home))
    script = start_script("endless_parent")
    run_id = wait_for_running(service, "endless-parent")
    while not service.child_runs(run_id):
        time.sleep(0.05)
    script.send_signal(signal.SIGINT)
    _, stderr = script.communicate(timeout=300)
    assert "KeyboardInterrupt" in stderr
    assert "Error logging to API" not in stderr
    assert service.run_info(run_id).state_name == "Cancelled"
    assert [child.state_name for child in service.child_runs(run_id)] == ["Cancelled"]
    service.close()


def test_ctrl_c_does_not_wait_for_the_tasks_of_threads(lume_home: Path) -> None:
    service = SchedulingService(LocalBackend(lume_home))
    script = start_script("napping_flow")
    run_id = wait_for_running(service, "napping-flow")
    while [task.state_name for task in service.task_runs(run_id)] != ["Running"] * 2:
        time.sleep(0.05)
    script.send_signal(signal.SIGINT)
    for _ in range(600):
        if service.run_info(run_id).state_name == "Cancelled":
            break
        time.sleep(0.05)
    assert script.poll() is None, "the run is cancelled before its threads have slept"
    assert [task.state_name for task in service.task_runs(run_id)] == ["Cancelled", "Cancelled"]
    script.kill()
    script.communicate()
    service.close()


def test_a_killed_program_leaves_a_crashed_run(lume_home: Path) -> None:
    service = SchedulingService(LocalBackend(lume_home))
    script = start_script("endless_flow")
    run_id = wait_for_running(service, "endless-flow")
    script.kill()
    script.communicate(timeout=300)
    run = service.run_info(run_id)
    assert (run.state_name, run.ended is not None) == ("Crashed", True)
    assert "ended without reporting" in (run.message or "")
    service.close()


def test_no_exception_is_pickled(service: SchedulingService, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: storage}):
        service.run(flows.hooked_flow, {"fail": True})
    assert list(storage.glob("*")) == []


def test_nothing_is_left_behind(service: SchedulingService) -> None:
    service.run(flows.sync_flow)
    service.close()
    assert [t.name for t in threading.enumerate() if t.name == "lume-local-api"] == []
    assert service.run_and_return(flows.sync_flow, {"x": 1}) == 2
