"""When flows run by themselves."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import engine_flows as flows
import pytest

from lume_services import config
from lume_services.errors import InputError
from lume_services.flows import FlowOfFlows
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.schedule import Schedule
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import PrefectServer


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "is given 0 rules; give exactly one of cron, interval and rrule"),
        ({"cron": "* * * * *", "rrule": "FREQ=DAILY"}, "is given 2 rules"),
        ({"interval": timedelta()}, "interval is 0:00:00; give one above zero"),
        ({"cron": "* * * * *", "timezone": "Zurich"}, "'Zurich' is no time zone"),
        ({"cron": "* * * * *", "timezone": "../etc"}, "'../etc' is no time zone"),
    ],
)
def test_a_schedule_has_one_rule(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Schedule(**values)


@pytest.mark.parametrize(
    ("schedule", "kept"),
    [
        (
            Schedule(cron="0 7 * * 1-5", timezone="Europe/Zurich"),
            {"cron": "0 7 * * 1-5", "timezone": "Europe/Zurich"},
        ),
        (Schedule(interval=timedelta(hours=1)), {"interval": 3600.0, "timezone": "UTC"}),
        (Schedule(rrule="FREQ=DAILY;BYHOUR=7"), {"timezone": "UTC"}),
    ],
    ids=["cron", "interval", "rrule"],
)
def test_a_schedule_is_kept_when_a_flow_is_registered_again(
    prefect_server: PrefectServer, tmp_path: Path, schedule: Schedule, kept: dict[str, Any]
) -> None:
    backend = ProcessBackend(prefect_server.settings(tmp_path))
    service = SchedulingService(backend)
    service.register_flow(flows.sync_flow, "at-night", schedule=schedule)
    service.register_flow(flows.sync_flow, "at-night")
    deployment = backend.registry.deployment("sync-flow", "at-night")
    assert deployment is not None
    (found,) = deployment["schedules"]
    assert found["active"]
    assert kept.items() <= found["schedule"].items()
    service.close()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"cron": "at noon"},
            r"the rule 'at noon' of a schedule .*Invalid cron string.*; write cr",
        ),
        ({"cron": "61 * * * *"}, "Invalid cron string"),
        ({"cron": "H * * * *"}, "Invalid cron string"),
        ({"cron": ""}, "rule .* of a schedule cannot be used"),
        ({"rrule": "FREQ=NEVER"}, "Invalid RRule string"),
        ({"rrule": "FREQ=DAILY;UNTIL=20300101T000000Z"}, "UNTIL values must be specified in UTC"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_before_anything_is_registered(
    prefect_server: PrefectServer, tmp_path: Path, rule: dict[str, Any], message: str
) -> None:
    service = SchedulingService(ProcessBackend(prefect_server.settings(tmp_path)))
    with pytest.raises(InputError, match=message):
        service.register_flow(flows.sync_flow, "never", schedule=Schedule(**rule))
    assert service.records("never") == []
    service.close()


ZURICH = "Europe/Zurich"
SPRING, AUTUMN = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)
AT_NIGHT = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0"


@pytest.mark.parametrize(
    ("schedule", "start", "times"),
    [
        # Clocks go from 2:00 to 3:00 on 29 March, and from 3:00 to 2:00 on 25 October.
        (Schedule(cron="0 7 * * *", timezone=ZURICH), SPRING, "28 06:00, 29 05:00, 30 05:00"),
        (Schedule(cron="0 7 * * *", timezone=ZURICH), AUTUMN, "24 05:00, 25 06:00, 26 06:00"),
        (Schedule(cron="0 7 * * *"), SPRING, "28 07:00, 29 07:00, 30 07:00"),
        (Schedule(cron="30 2 * * *", timezone=ZURICH), SPRING, "28 01:30, 29 00:30, 30 00:30"),
        (Schedule(cron="30 2 * * *", timezone=ZURICH), AUTUMN, "24 00:30, 25 00:30, 26 01:30"),
        (Schedule(rrule=AT_NIGHT, timezone=ZURICH), SPRING, "28 01:30, 29 00:30, 30 00:30"),
        (Schedule(rrule=AT_NIGHT, timezone=ZURICH), AUTUMN, "24 00:30, 25 00:30, 26 01:30"),
        (
            Schedule(cron="0 * * * *", timezone=ZURICH),
            AUTUMN + timedelta(hours=23),
            "24 23:00, 25 00:00, 25 02:00",
        ),
        (
            Schedule(cron="0 * * * *"),
            AUTUMN + timedelta(hours=23),
            "24 23:00, 25 00:00, 25 01:00",
        ),
        (
            Schedule(interval=timedelta(days=1), timezone=ZURICH),
            AUTUMN,
            "24 05:00, 25 06:00, 26 06:00",
        ),
        (
            Schedule(interval=timedelta(hours=1)),
            AUTUMN + timedelta(hours=23),
            "24 23:00, 25 00:00, 25 01:00",
        ),
    ],
)
def test_where_clocks_are_changed(schedule: Schedule, start: datetime, times: str) -> None:
    from prefect.server.schemas.schedules import SCHEDULE_TYPES
    from pydantic import TypeAdapter

    built = schedule.build()
    if schedule.interval is not None:
        built["anchor_date"] = start.replace(hour=5 if schedule.timezone == ZURICH else 0)
    rule: Any = TypeAdapter(SCHEDULE_TYPES).validate_python(built)
    found = asyncio.run(rule.get_dates(n=3, start=start))
    assert ", ".join(f"{each.astimezone(UTC):%d %H:%M}" for each in found) == times


def test_scheduled_flows_run_by_themselves(prefect_worker: PrefectServer, tmp_path: Path) -> None:
    # The server looks for new schedules every few seconds, and later where it is busy.
    soon = datetime.now(UTC) + timedelta(seconds=6)
    rule = f"DTSTART:{soon:%Y%m%dT%H%M%S}\nRRULE:FREQ=SECONDLY;INTERVAL=20;COUNT=15"
    specification = {
        "name": "scheduled",
        "project_name": "by-itself",
        "composing_flows": [{"name": "sync-flow", "project_name": "by-itself"}],
    }
    with config.use(prefect_worker.settings(tmp_path)) as services:
        service = services.scheduling
        service.register_flow(flows.sync_flow, "by-itself")
        FlowOfFlows.from_yaml(specification).register(schedule=Schedule(rrule=rule))
        service.register_flow(flows.array_flow, "by-itself", schedule=Schedule(rrule=rule))
        ended: dict[str, Any] = {}
        deadline = time.monotonic() + 300
        while len(ended) < 2 and time.monotonic() < deadline:
            runs = service.runs(project_name="by-itself")
            ended = {run.flow_name: run for run in runs if run.state_type == "COMPLETED"}
            time.sleep(0.5)
        for name in ("array-flow", "scheduled"):
            service.pause_schedule(name, "by-itself")
        assert sorted(ended) == ["array-flow", "scheduled"]
        (child,) = service.child_runs(ended["scheduled"].id)
        assert (child.flow_name, service.get_result(child.id)) == ("sync-flow", 2)
