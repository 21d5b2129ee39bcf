"""The schedules of the flows that are registered with a Prefect server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lume_services.errors import InputError
from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.prefect_server.deployments import record_in
from lume_services.services.scheduling.prefect_server.registry import ServerRegistry
from lume_services.services.scheduling.schedule import FlowSchedule, Schedule


class ServerSchedules:
    """Implements `Schedules` on a Prefect server.

    Parameters
    ----------
    server
        The server.
    registry
        Its flows.
    """

    def __init__(self, server: PrefectServer, registry: ServerRegistry) -> None:
        self._server = server
        self._registry = registry

    def read(self, project_name: str | None, count: int) -> list[FlowSchedule]:
        """Return the schedules of a project or of all, by project and flow."""
        wanted = {} if project_name is None else {"name": {"any_": [project_name]}}
        found = [
            _flow_schedule(record.name, record.project_name, deployment, each, count)
            for deployment in self._server.filter("deployments", {"deployments": wanted})
            if (record := record_in(deployment)) is not None
            for each in deployment["schedules"]
        ]
        return sorted(found, key=lambda each: (each.project_name, each.flow_name))

    def set_active(self, flow_name: str, project_name: str, active: bool) -> None:
        """Let the schedules of a flow start runs, or not; waiting runs of them are removed."""
        deployment = self._registry.deployment(flow_name, project_name)
        if deployment is None or not deployment["schedules"]:
            raise InputError(
                f"flow {flow_name!r} of project {project_name!r} has no schedule; give it one: "
                f"lume-services register MODULE:FLOW --project {project_name} --cron RULE"
            )
        for each in deployment["schedules"]:
            path = f"/deployments/{deployment['id']}/schedules/{each['id']}"
            self._server.patch(path, {"active": active})
        if active and deployment["paused"]:
            # Somebody has paused all of it on the server's pages.
            self._server.post(f"/deployments/{deployment['id']}/resume_deployment", {})


def _flow_schedule(
    flow_name: str,
    project_name: str,
    deployment: Mapping[str, Any],
    found: Mapping[str, Any],
    count: int,
) -> FlowSchedule:
    schedule = Schedule.of(found["schedule"])
    active = found["active"] and not deployment["paused"]
    dates = _dates(found["schedule"], count) if active and count else []
    zone = ZoneInfo(schedule.timezone)
    return FlowSchedule(
        flow_name=flow_name,
        project_name=project_name,
        schedule=schedule,
        active=active,
        next_runs=tuple(datetime.fromtimestamp(date.timestamp(), zone) for date in dates),
    )


def _dates(rule: Mapping[str, Any], count: int) -> list[datetime]:
    """Return the next times, as the server itself finds them."""
    from prefect.server.schemas import schedules
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(schedules.SCHEDULE_TYPES)
    schedule = adapter.validate_python(dict(rule))
    # In a thread, since the caller's may have an event loop that runs.
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(asyncio.run, schedule.get_dates(count, start=datetime.now(UTC)))
        return list(found.result())
