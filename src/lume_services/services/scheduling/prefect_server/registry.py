"""The flows that are registered with a Prefect server: its deployments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lume_services.errors import InputError
from lume_services.services.scheduling.prefect_server import deployments
from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.prefect_server.work_pool import WorkPool, check_labels
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.schedule import Schedule, require_values

_PROJECT_TAG = "lume-services-project"


class ServerRegistry:
    """Implements `Registry` on a Prefect server.

    A flow of a project is the deployment ``flow/project``; registering it again, also by
    two clients at once, leaves one.

    Parameters
    ----------
    server
        The server.
    pool
        The work pool whose workers run the flows.
    """

    def __init__(self, server: PrefectServer, pool: WorkPool) -> None:
        self._server = server
        self._pool = pool

    def create_project(self, name: str) -> None:
        """Make a project; making it again changes nothing."""
        key = f"lume_project_{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        if self._server.get(f"/variables/name/{key}") is not None:
            return
        try:
            self._server.post("/variables/", {"name": key, "value": name, "tags": [_PROJECT_TAG]})
        except InputError:
            if self._server.get(f"/variables/name/{key}") is None:
                raise

    def projects(self) -> list[str]:
        """Return the names of the projects, sorted."""
        tagged = {"variables": {"tags": {"all_": [_PROJECT_TAG]}}}
        made = {each["value"] for each in self._server.filter("variables", tagged)}
        return sorted(made | {record.project_name for record in self.records()})

    def save(
        self,
        record: FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """Write a flow, in place of the one of that name and project."""
        self.deploy(record, parameters, schedule)

    def deploy(
        self,
        record: FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
    ) -> dict[str, Any]:
        """Write a flow; return its deployment.

        Parameters
        ----------
        record
            The flow.
        parameters
            The values that its runs have unless they are given others.
        schedule
            When it runs by itself; None leaves that as it was.
        """
        check_labels(record.labels)
        own = dict(parameters or {})
        if schedule is not None:
            require_values(record, own)
        schedules = self._schedules(record, schedule)
        self._pool.ensure()
        flow = self._server.post("/flows/", {"name": record.name})
        deployment: dict[str, Any] = self._server.post(
            "/deployments/",
            {
                **deployments.fields(record),
                "flow_id": flow["id"],
                "parameters": own,
                "work_pool_name": self._pool.name,
                "schedules": schedules,
                "job_variables": self._pool.job_variables(record),
                # They have been checked by us, as on the local backend, before they get here.
                "enforce_parameter_schema": False,
            },
        )
        return deployment

    def _schedules(self, record: FlowRecord, schedule: Schedule | None) -> list[dict[str, Any]]:
        if schedule is not None:
            return [{"schedule": schedule.build(), "active": True}]
        before = self.deployment(record.name, record.project_name)
        kept = before["schedules"] if before else ()
        return [{"schedule": each["schedule"], "active": each["active"]} for each in kept]

    def find(self, name: str, project_name: str) -> FlowRecord | None:
        """Return a flow, or None."""
        deployment = self.deployment(name, project_name)
        return None if deployment is None else deployments.record_in(deployment)

    def deployment(self, name: str, project_name: str) -> dict[str, Any] | None:
        """Return the deployment of a flow, or None."""
        path = f"/deployments/name/{quote(name, safe='')}/{quote(project_name, safe='')}"
        found: dict[str, Any] | None = self._server.get(path)
        return found

    def records(self, project_name: str | None = None) -> list[FlowRecord]:
        """Return the flows of a project or of all, by project and name."""
        wanted = {} if project_name is None else {"name": {"any_": [project_name]}}
        found = map(
            deployments.record_in, self._server.filter("deployments", {"deployments": wanted})
        )
        known = [record for record in found if record is not None]
        return sorted(known, key=lambda record: (record.project_name, record.name))
