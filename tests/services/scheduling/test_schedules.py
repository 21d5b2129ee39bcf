"""Schedules on a server: listed, paused, resumed, and their next times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import engine_flows as flows
import pytest

from lume_services import config
from lume_services.errors import InputError, NeedsServerError
from lume_services.flows import FlowOfFlows
from lume_services.services.scheduling.backends.local import LocalBackend
from lume_services.services.scheduling.schedule import Schedule
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import PrefectServer

ZURICH = ZoneInfo("Europe/Zurich")
PROJECT = "timed"


@pytest.fixture
def service(prefect_server: PrefectServer, tmp_path: Path) -> Iterator[SchedulingService]:
    with config.use(prefect_server.settings(tmp_path / "home")) as services:
        yield services.scheduling


def test_schedules_of_flows_and_compositions(service: SchedulingService) -> None:
    weekdays = Schedule(cron="30 7 * * 1-5", timezone="Europe/Zurich")
    service.register_flow(flows.sync_flow, PROJECT, schedule=weekdays)
    hourly = Schedule(interval=timedelta(hours=1))
    specification = {
        "name": "all-of-it",
        "project_name": PROJECT,
        "composing_flows": [{"name": "sync-flow", "project_name": PROJECT}],
    }
    FlowOfFlows.from_yaml(specification).register(schedule=hourly)
    service.register_flow(flows.no_return, PROJECT)
    composed, simple = service.schedules(PROJECT, count=3)
    assert (composed.flow_name, composed.schedule, composed.active) == ("all-of-it", hourly, True)
    assert (simple.flow_name, simple.project_name) == ("sync-flow", PROJECT)
    assert (simple.schedule, simple.schedule.rule) == (weekdays, "30 7 * * 1-5")
    assert composed.schedule.rule == "every 1:00:00"
    assert composed not in service.schedules("elsewhere")
    now = datetime.now(UTC)
    assert len(simple.next_runs) == 3
    for time in simple.next_runs:
        assert (time.tzinfo, time.hour, time.minute) == (ZURICH, 7, 30)
        assert time > now
        assert time.weekday() < 5
    first, second, third = composed.next_runs
    assert now < first <= now + timedelta(hours=1, seconds=1)
    assert (second - first, third - second) == (timedelta(hours=1), timedelta(hours=1))


def test_a_paused_schedule_starts_nothing(service: SchedulingService) -> None:
    rule = Schedule(rrule="FREQ=DAILY;BYHOUR=7", timezone="Europe/Zurich")
    service.register_flow(flows.array_flow, "paused", schedule=rule)
    service.pause_schedule("array-flow", "paused")
    (found,) = service.schedules("paused")
    assert (found.active, found.next_runs, found.schedule) == (False, (), rule)
    service.register_flow(flows.array_flow, "paused")
    assert [each.active for each in service.schedules("paused")] == [False]
    service.resume_schedule("array-flow", "paused")
    (found,) = service.schedules("paused")
    assert found.active
    assert [time.hour for time in found.next_runs] == [7]


def test_the_next_runs_of_all_flows_come_in_their_order(service: SchedulingService) -> None:
    service.register_flow(
        flows.sync_flow, "order", schedule=Schedule(interval=timedelta(minutes=10))
    )
    service.register_flow(
        flows.array_flow, "order", schedule=Schedule(interval=timedelta(minutes=4))
    )
    found = service.next_runs(6, "order")
    times = [time for time, _ in found]
    assert times == sorted(times)
    names = [each.flow_name for _, each in found]
    assert len(names) == 6
    assert names.count("array-flow") == 4


def test_a_flow_that_needs_parameters_is_refused(service: SchedulingService) -> None:
    hourly = Schedule(interval=timedelta(hours=1))
    with pytest.raises(InputError, match="flow 'no-return' needs 'x', and a run that a schedule"):
        service.register_flow(flows.no_return, "needy", schedule=hourly)
    assert service.records("needy") == []
    service.register_flow(flows.no_return, "needy")
    specification = {
        "name": "needing",
        "project_name": "needy",
        "composing_flows": [{"name": "no-return", "project_name": "needy"}],
    }
    with pytest.raises(InputError, match="flow 'needing' needs 'no-return-x', and a run"):
        FlowOfFlows.from_yaml(specification).register(schedule=hourly)


def test_what_has_no_schedule_is_refused(service: SchedulingService) -> None:
    service.register_flow(flows.sync_flow, "none")
    with pytest.raises(InputError, match=r"'sync-flow' of project 'none' has no schedule; give"):
        service.pause_schedule("sync-flow", "none")
    with pytest.raises(InputError, match=r"-1 next times are wanted; give 0 or more"):
        service.next_runs(-1)


def test_the_local_backend_has_none(tmp_path: Path) -> None:
    service = SchedulingService(LocalBackend(tmp_path))
    for ask in (
        service.schedules,
        service.next_runs,
        lambda: service.pause_schedule("f"),
        lambda: service.resume_schedule("f"),
    ):
        with pytest.raises(NeedsServerError, match="the local backend has no schedules"):
            ask()
