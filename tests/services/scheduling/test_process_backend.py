"""The process backend where it differs from the local one, and its faults."""

from __future__ import annotations

import logging
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import engine_flows as flows
import httpx
import pytest
from fault_flows import stepping, traced
from prefect.states import Suspended, to_state_create

from lume_services.errors import InputError, NeedsServerError, SchedulingError
from lume_services.services.scheduling.backends.local import LocalBackend
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.prefect_server.results import ERROR
from lume_services.services.scheduling.registry import DEFAULT_PROJECT
from lume_services.services.scheduling.service import SchedulingService
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_prefect import PrefectSettings
from servers import free_port, until
from servers.prefect import SCHEDULING, PrefectServer, working

SECRET = "operator:s3cr3t"


class OtherBackend(ProcessBackend):
    """Has workers of a kind that is not there."""

    kind = "other"


@pytest.fixture
def service(prefect_worker: PrefectServer, tmp_path: Path) -> Iterator[SchedulingService]:
    service = SchedulingService(ProcessBackend(prefect_worker.settings(tmp_path)))
    yield service
    service.close()


def running(service: SchedulingService, run_id: str) -> None:
    until(lambda: service.run_info(run_id).state_name == "Running")


def test_clients_that_register_at_once_leave_one_flow(service: SchedulingService) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: service.register_flow(flows.sync_flow, "race"), range(16)))
    assert service.records("race") == [made[0]]


def test_a_run_that_nobody_can_take_is_reported_and_waits(
    service: SchedulingService, prefect_worker: PrefectServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        run_id = service.run(flows.sync_flow, {"x": 1}, labels=["gpu", "tests"])
    message = "that serves labels gpu, tests; there are "
    assert [message in record.getMessage() for record in caplog.records] == [True]
    run = service.run_info(run_id)
    assert (run.state_name, message in (run.message or "")) == ("Scheduled", True)
    assert "worker start --backend process --label gpu --label tests" in (run.message or "")
    with working(prefect_worker, SCHEDULING, "--label", "gpu", "--label", "tests"):
        assert service.wait(run_id, timeout=300).state_name == "Completed"
    assert service.get_result(run_id) == 2


def test_a_worker_that_has_become_silent_is_named(
    service: SchedulingService, prefect_worker: PrefectServer
) -> None:
    heartbeat = {"name": "host-7 (cavity)", "heartbeat_interval_seconds": 1}
    address = f"{prefect_worker.url}/work_pools/lume-process/workers/heartbeat"
    httpx.post(address, json=heartbeat).raise_for_status()
    run_id = service.run(flows.sync_flow, {"x": 1}, labels=["cavity"])
    told = re.compile(r"labels cavity; there are .+ but host-7 \(cavity\), silent since 20\d\d-")
    until(lambda: told.search(service.run_info(run_id).message or ""))
    service.cancel(run_id)
    httpx.delete(f"{address.removesuffix('/heartbeat')}/host-7%20(cavity)").raise_for_status()


def test_a_run_that_is_suspended_on_the_server_stops_before_its_next_task(
    service: SchedulingService, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    run_id = service.run(stepping, {"folder": str(tmp_path)})
    traces = tmp_path / "traces"
    until(traces.exists)
    state = to_state_create(Suspended(timeout_seconds=3600)).model_dump(mode="json")
    address = f"{prefect_worker.url}/flow_runs/{run_id}/set_state"
    httpx.post(address, json={"state": state}).raise_for_status()
    steps = -1
    while steps != (steps := traces.read_text().count("step")):
        time.sleep(3)
    assert 1 <= steps < 240
    assert service.run_info(run_id).state_name == "Suspended"
    service.cancel(run_id)
    assert service.wait(run_id, timeout=60).state_name == "Cancelled"


def test_a_run_that_is_cancelled_is_told_of_among_the_events(
    service: SchedulingService, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    run_id = service.run(stepping, {"folder": str(tmp_path)})
    until((tmp_path / "traces").exists)
    service.cancel(run_id)
    assert service.wait(run_id, timeout=60).state_name == "Cancelled"
    wanted = {"event": {"name": ["prefect.runner.cancelled-flow-run"]}}
    address = f"{prefect_worker.url}/events/filter"
    related = {"related": {"id": [f"prefect.flow-run.{run_id}"]}}

    def told() -> list[dict[str, Any]]:
        found = httpx.post(address, json={"filter": {**wanted, **related}}).raise_for_status()
        events: list[dict[str, Any]] = found.json()["events"]
        return events

    assert len(until(told)) == 1


def test_a_run_for_workers_of_another_kind_is_reported(
    service: SchedulingService, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    other = OtherBackend(prefect_worker.settings(tmp_path))
    record = SchedulingService(other).register_flow(flows.sync_flow, "elsewhere")
    message = service.run_info(service.run(record)).message or ""
    assert "worker of work pool 'lume-other' that serves it; there is none" in message
    assert message.endswith("lume-services worker start --backend other")
    other.close()


def test_a_flow_that_is_passed_runs_here_though_it_is_registered_elsewhere(
    service: SchedulingService, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    assert service.run_and_return(flows.sync_flow, {"x": 1}) == 2
    other = OtherBackend(prefect_worker.settings(tmp_path))
    SchedulingService(other).register_flow(flows.sync_flow, DEFAULT_PROJECT)
    assert service.run_and_return(flows.sync_flow, {"x": 1}) == 2
    other.close()


def test_a_flow_whose_work_pool_was_removed_runs(
    service: SchedulingService, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    other = OtherBackend(prefect_worker.settings(tmp_path))
    record = SchedulingService(other).register_flow(flows.sync_flow, "homeless")
    other.server.delete("/work_pools/lume-other")
    assert service.run_and_return(record, {"x": 1}) == 2
    other.close()


def test_no_exception_is_pickled(
    service: SchedulingService, prefect_worker: PrefectServer, tmp_path: Path
) -> None:
    run_id = service.run(flows.hooked_flow, {"fail": True})
    assert service.wait(run_id, timeout=300).state_name == "Failed"
    wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
    server = ProcessBackend(prefect_worker.settings(tmp_path)).server
    assert [each["type"] for each in server.filter("artifacts", wanted)] == [ERROR]
    server.close()


def test_a_run_may_have_variables_and_a_directory_of_its_own(
    service: SchedulingService, tmp_path: Path
) -> None:
    own: dict[str, Any] = {"env": {"MAGNET": "q1"}}
    assert service.run_and_return(flows.surroundings, **own) == ["q1", str(SCHEDULING)]
    own["working_dir"] = str(tmp_path)
    assert service.run_and_return(flows.surroundings, **own) == ["q1", str(tmp_path)]
    with pytest.raises(InputError, match=r"run options: env=3: .*; a run takes: env, labels"):
        service.run(flows.surroundings, env=3)


def test_a_killed_process_leaves_a_crashed_run(service: SchedulingService) -> None:
    run_id = service.run(flows.tell_process)
    running(service, run_id)
    for _ in range(3000):
        told = [line.message for line in service.logs(run_id) if line.message.startswith("pid ")]
        if told:
            break
        time.sleep(0.1)
    os.kill(int(told[0].split()[1]), signal.SIGKILL)
    run = service.wait(run_id, timeout=300)
    assert (run.state_name, "137" in (run.message or "")) == ("Crashed", True)


@pytest.mark.parametrize(("times", "state"), [(1, "Completed"), (2, "Crashed")])
def test_a_worker_that_is_to_end_lets_its_runs_end_unless_it_is_told_twice(
    service: SchedulingService,
    prefect_worker: PrefectServer,
    tmp_path: Path,
    times: int,
    state: str,
) -> None:
    label = f"leaving-{times}"
    options = ("--label", label, "--warm", "1")
    with working(prefect_worker, SCHEDULING, *options) as worker:
        run_id, *queued = [
            service.run(flows.held_flow, {"folder": str(tmp_path)}, labels=[label])
            for _ in range(3)
        ]
        running(service, run_id)
        for _ in range(times):
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        if state == "Completed":
            (tmp_path / "go").touch()
        run = service.wait(run_id, timeout=300)
        assert (run.state_name, worker.wait(300)) == (state, 0)
    assert [service.run_info(other).state_type for other in queued] == ["SCHEDULED"] * 2


def test_a_flow_that_cannot_be_imported_fails_with_the_reason(
    service: SchedulingService, tmp_path: Path
) -> None:
    file = tmp_path / "fading.py"
    file.write_text("from prefect import flow\n@flow\ndef fading(): ...\n")
    record = service.register_flow(f"{file}:fading", "tests")
    file.unlink()
    with pytest.raises(SchedulingError, match="ended as Failed: FlowNotFoundError: there is no fi"):
        service.run_and_return(record)


@pytest.mark.parametrize("label", ["", "a b", "a,b", "default", "(a)"])
def test_labels_that_cannot_route_are_refused(service: SchedulingService, label: str) -> None:
    with pytest.raises(InputError, match="is no label; give one that is not 'default'"):
        service.run(flows.sync_flow, labels=[label])
    with pytest.raises(InputError, match="is no label"):
        service.register_flow(flows.sync_flow, "never", labels=[label])
    assert service.records("never") == []


def test_a_server_that_is_not_there_is_named_soon(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    settings = LUMEServicesSettings(home=tmp_path, prefect=PrefectSettings(api_url=url))
    service, begin = SchedulingService(ProcessBackend(settings)), time.monotonic()
    with pytest.raises(SchedulingError, match=rf"{url} cannot be reached.*worker|{url}.*start"):
        service.run(flows.sync_flow)
    assert time.monotonic() - begin < 60


def test_the_local_backend_has_no_workers(tmp_path: Path) -> None:
    with pytest.raises(NeedsServerError, match=r"the local backend has no workers.*--backend proc"):
        SchedulingService(LocalBackend(tmp_path)).serve()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[PrefectServer]:
    """A server that may be killed."""
    server = PrefectServer(tmp_path / "server", LUME_PREFECT__AUTH_STRING=SECRET)
    server.start()
    yield server
    server.stop()


def test_a_worker_waits_for_a_server_that_is_started_with_it(tmp_path: Path) -> None:
    server = PrefectServer(tmp_path / "server")
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(server.start)
        with working(server, SCHEDULING):
            starting.result()
    server.stop()


def test_a_server_may_be_killed_while_flows_run_and_clients_wait(
    own_server: PrefectServer, tmp_path: Path
) -> None:
    stranger = _entering(own_server, tmp_path, "operator:guess")
    with pytest.raises(SchedulingError, match="does not take the authentication string") as error:
        stranger.runs()
    stranger.close()
    assert "guess" not in str(error.value)
    service = _entering(own_server, tmp_path, SECRET)
    options: dict[str, Any] = {"LUME_PREFECT__AUTH_STRING": SECRET}
    with (
        working(own_server, SCHEDULING, "--warm", "3", **options),
        ThreadPoolExecutor(5) as pool,
    ):
        runs = [
            service.run(traced, {"folder": str(tmp_path), "name": f"{i}", "seconds": 8})
            for i in range(5)
        ]
        other = _entering(own_server, tmp_path, SECRET)
        waiting = [
            pool.submit(client.wait, run_id, 300)
            for run_id, client in zip(runs, [service, other] * 3, strict=False)
        ]
        running(service, runs[0])
        time.sleep(2)  # all wait by now
        own_server.stop(signal.SIGKILL)
        own_server.start()
        ended = [each.result() for each in waiting]
        assert [(run.state_name, run.run_count) for run in ended] == [("Completed", 1)] * 5
        assert [service.get_result(run_id) for run_id in runs] == ["0", "1", "2", "3", "4"]
    service.close()
    other.close()
    begun = [line for line in (tmp_path / "traces").read_text().splitlines() if "begins" in line]
    assert sorted(begun) == [f"{i} begins" for i in range(5)]
    assert SECRET not in (own_server.home / "server.log").read_text()


def _entering(server: PrefectServer, home: Path, secret: str) -> SchedulingService:
    prefect = PrefectSettings(api_url=server.url, auth_string=secret)  # type: ignore[arg-type]
    return SchedulingService(ProcessBackend(LUMEServicesSettings(home=home, prefect=prefect)))
