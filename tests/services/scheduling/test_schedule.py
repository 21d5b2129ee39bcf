"""When flows run by themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import engine_flows as flows
import pytest

from lume_services.errors import InputError
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


def test_a_rule_that_the_server_cannot_read_is_refused(
    prefect_server: PrefectServer, tmp_path: Path
) -> None:
    service = SchedulingService(ProcessBackend(prefect_server.settings(tmp_path)))
    with pytest.raises(InputError, match=r"refuses.*cron"):
        service.register_flow(flows.sync_flow, "never", schedule=Schedule(cron="at noon"))
    assert service.records("never") == []
    service.close()
