"""What all backends on a Prefect server share: registering, running, waiting, results."""

from __future__ import annotations

import logging
import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lume_services.services.scheduling import entrypoints
from lume_services.services.scheduling.backends.backend import RunConfig, Started, ignore
from lume_services.services.scheduling.prefect_server import deployments, programs
from lume_services.services.scheduling.prefect_server.connection import (
    PATIENCE_SECONDS_OF_WORKERS,
    PrefectServer,
)
from lume_services.services.scheduling.prefect_server.history import ServerRunHistory
from lume_services.services.scheduling.prefect_server.job_template import (
    NO_VARIABLES,
    job_template,
)
from lume_services.services.scheduling.prefect_server.lost_workers import LostWorkers
from lume_services.services.scheduling.prefect_server.registry import ServerRegistry
from lume_services.services.scheduling.prefect_server.schedules import ServerSchedules
from lume_services.services.scheduling.prefect_server.waiting import Waiting
from lume_services.services.scheduling.prefect_server.work_pool import WorkPool, check_labels
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run import TERMINAL
from lume_services.services.scheduling.run_context import RunContext, current_run, run_labels
from lume_services.settings import LUMEServicesSettings

if TYPE_CHECKING:
    from prefect import Flow

logger = logging.getLogger(__name__)

_ENDED_BADLY = TERMINAL - {"COMPLETED"}
COMMAND = "python -m lume_services.services.scheduling.prefect_server.flow_process"


class ServerRunConfig(RunConfig):
    """How a run on a Prefect server is to be executed.

    Parameters
    ----------
    run_name
        Name of the run; a random one by default.
    tags
        Tags of the run.
    env
        Environment variables of the flow's process, besides those of the worker. They
        are kept on the server, so no secrets.
    """

    run_name: str | None = None
    tags: tuple[str, ...] = ()
    env: dict[str, str] | None = None

    def build(self) -> dict[str, Any]:
        """Return the job variables of the run."""
        own = set(self.model_fields_set) - NO_VARIABLES
        return self.model_dump(mode="json", include=own, exclude_none=True)


class ServerBackend(ABC):
    """Implements `Backend` on a Prefect server; a subclass says which workers run flows.

    Parameters
    ----------
    settings
        All settings, of which those of the section ``prefect`` are used.
    """

    kind: ClassVar[str]
    """Prefect's name of the kind of workers."""

    run_config_class: ClassVar[type[ServerRunConfig]] = ServerRunConfig

    runs_here = False

    def __init__(self, settings: LUMEServicesSettings) -> None:
        self._settings = settings
        self.home = settings.home
        self.server = PrefectServer(settings.prefect)
        template = job_template(self.run_config_class)
        self.pool = WorkPool(self.server, self.kind, COMMAND, template)
        self.registry = ServerRegistry(self.server, self.pool)
        self.schedules = ServerSchedules(self.server, self.registry)
        self.history = ServerRunHistory(self.server, self.pool)
        self._waiting = Waiting(self.server, LostWorkers(self.server, self.pool))

    @classmethod
    def from_settings(cls, settings: LUMEServicesSettings) -> ServerBackend:
        """Return the backend that the settings describe."""
        return cls(settings)

    def run_config(self, **values: Any) -> RunConfig:
        """Return a run configuration from keyword arguments."""
        return self.run_config_class.of(values)

    def load(self, record: FlowRecord) -> None:
        """Import nothing: the flow is imported where it runs."""
        del record

    def offer(
        self,
        record: FlowRecord,
        flow: Flow[..., Any] | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> FlowRecord:
        """Register a flow as it is now, for this backend's workers, unless it is registered so."""
        if flow is not None and not record.entrypoint:
            record = replace(record, entrypoint=entrypoints.of(flow))
        known = self.registry.deployment(record.name, record.project_name)
        if (
            known is None
            or known["work_pool_name"] != self.pool.name
            or deployments.record_in(known) != record
        ):
            self.registry.deploy(record, parameters)
        return record

    def run(
        self,
        record: FlowRecord,
        flow: Flow[..., Any] | None,
        parameters: Mapping[str, Any],
        config: RunConfig | None,
        key: str | None = None,
        *,
        started: Started = ignore,
    ) -> str:
        """Submit a run; return its identifier."""
        del flow
        config = config or self.run_config_class()
        check_labels(config.labels)
        deployment = self.registry.deployment(record.name, record.project_name)
        # Its work pool may have been removed on the server's pages.
        if deployment is None or deployment["work_pool_name"] is None:
            own = None if deployment is None else deployment["parameters"]
            deployment = self.registry.deploy(record, own)
        run = self._submit(deployment, record, dict(parameters), config, key)
        started(run["id"])
        obstacle = self.pool.obstacle(run)
        if obstacle is not None:
            logger.warning("run %s of flow %r %s", run["id"], record.name, obstacle)
        run_id: str = run["id"]
        return run_id

    def ended(self, run_id: str) -> Future[None]:
        """Return what is done when a run has ended; cancel it to wait no longer."""
        return self._waiting.ended(run_id)

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop; its worker ends its process."""
        body = {"state": {"type": "CANCELLING", "name": "Cancelling"}, "force": False}
        self.server.post(f"/flow_runs/{run_id}/set_state", body)

    def serve(
        self,
        labels: Collection[str],
        limit: int | None,
        name: str | None,
        warm: Collection[str] | None,
    ) -> None:
        """Be a worker until a signal ends this process."""
        # Before Prefect is imported, which reads them once.
        os.environ.update(programs.flow_environment(self._settings, Path.cwd()))
        from lume_services.services.scheduling.prefect_server.worker import serve

        self.server.patience = PATIENCE_SECONDS_OF_WORKERS
        serve(
            self.server,
            self.pool,
            self._worker_class(),
            labels=labels,
            limit=limit,
            name=name,
            warm=warm,
        )

    @abstractmethod
    def _worker_class(self) -> type[Any]:
        """Return the class of the workers of this backend, one of Prefect's."""

    def close(self) -> None:
        """Give up the connections; a later call opens them again."""
        self._waiting.close()
        self.server.close()

    def _submit(
        self,
        deployment: Mapping[str, Any],
        record: FlowRecord,
        parameters: dict[str, Any],
        config: RunConfig,
        key: str | None,
    ) -> dict[str, Any]:
        parent = current_run()
        # Sent with every run, so that a request that is sent twice does not start two.
        key = key if parent is None or key is None else f"{parent.flow_run_id}/{key}"
        options = config.model_dump(include={"run_name", "tags"})
        run: dict[str, Any] = self.server.post(
            f"/deployments/{deployment['id']}/create_flow_run",
            {
                "state": {"type": "SCHEDULED"},
                "name": options.get("run_name"),
                "tags": list(options.get("tags", ())),
                "parameters": parameters,
                "labels": run_labels(record),
                "job_variables": config.build(),
                "work_queue_name": deployments.queue([*record.labels, *config.labels]),
                "idempotency_key": key or str(uuid.uuid4()),
                "parent_task_run_id": self._stand_in(parent, record.name, key) if parent else None,
            },
        )
        if run["state_type"] in _ENDED_BADLY:
            # Its parent is retried: the child has been met by its key.
            self._schedule_again(run["id"])
        return run

    def _schedule_again(self, run_id: str) -> None:
        state = {"type": "SCHEDULED", "name": "Scheduled", "message": "to be run once more"}
        self.server.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def _stand_in(self, parent: RunContext, flow_name: str, key: str | None) -> str:
        """Make the task run that stands for a child's run in its parent."""
        task_run = self.server.post(
            "/task_runs/",
            {
                "flow_run_id": parent.flow_run_id,
                "name": flow_name,
                "task_key": f"{flow_name}-child",
                "dynamic_key": key or str(uuid.uuid4()),
                "state": {"type": "PENDING", "name": "Pending"},
            },
        )
        identifier: str = task_run["id"]
        return identifier
