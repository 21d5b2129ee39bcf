"""Runs a case on an API and looks at what that API then knows of the run."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import prefect.context
from cases import NOTES, Case, Seen, notes, state_text
from prefect.client.orchestration import get_client
from prefect.client.schemas import filters
from prefect.context import FlowRunContext
from prefect.settings import temporary_settings
from prefect.settings.legacy import Setting
from prefect.states import State, get_state_exception
from registered_cases import entrypoint

import lume_services
from lume_services.services.scheduling import local_api
from lume_services.services.scheduling.installed import describe
from lume_services.services.scheduling.service import SchedulingService

REPORT_SECONDS = 60.0
RUN_SECONDS = 300.0


def text_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def returned(value: Any) -> Any:
    """Return what is in a final state, and in the states in it, as plain values and texts."""
    if isinstance(value, State):
        if value.is_completed():
            return returned(value.result())
        if not value.is_final():
            return value.name
        try:
            return text_of(get_state_exception(value))
        except ValueError:
            return f"RuntimeError: {value.message}"
    if isinstance(value, list):
        return [returned(each) for each in value]
    if isinstance(value, dict):
        return {key: returned(each) for key, each in value.items()}
    return value


class Api(ABC):
    """Where cases run."""

    look_again_seconds = 0.1

    def observe(self, case: Case) -> Seen:
        """Run a case; return what is then seen of its last run."""
        for _ in range(case.times):
            run_id, returns = self.run(case)
        deadline = time.monotonic() + REPORT_SECONDS
        # Task runs may be reported by events, some time after the run's end.
        while (seen := self.look(run_id, returns)) != case.expected:
            if time.monotonic() > deadline:
                break
            time.sleep(self.look_again_seconds)
        return seen

    @abstractmethod
    def run(self, case: Case) -> tuple[str, Any]:
        """Run a case once; return the run's identifier and what it returned or raised."""

    @abstractmethod
    def look(self, run_id: str, returns: Any) -> Seen:
        """Return what the API knows of a run that has ended."""


class _Called(Api):
    """Calls the flows as their authors would, inside a block."""

    @abstractmethod
    def active(self) -> AbstractContextManager[None]:
        """Make flows that are called inside the block report to this API."""

    def run(self, case: Case) -> tuple[str, Any]:
        ids: list[str] = []

        def remember(flow: Any, run: Any, state: Any) -> None:
            ids.append(str(run.id))

        hooks = [*case.flow.on_running_hooks, remember]
        flow = case.flow.with_options(on_running=hooks)
        try:
            with self.active():
                called = flow(**case.parameters, return_state=True)
                state = asyncio.run(called) if flow.isasync else called
        except BaseException as error:
            return ids[0], text_of(error)
        return str(state.state_details.flow_run_id), returned(state)


class ServiceApi(Api):
    """Flows run by the scheduling service, in this process."""

    def __init__(self, service: SchedulingService) -> None:
        self._service = service

    def run(self, case: Case) -> tuple[str, Any]:
        try:
            run_id = self._service.run(case.flow, case.parameters)
        except (SystemExit, KeyboardInterrupt):
            run_id = self._service.runs(limit=1)[0].id
        return run_id, self.returned(run_id)

    def returned(self, run_id: str) -> Any:
        """Return what a run returned, or the exception that ended it."""
        error = self._service.run_info(run_id).error
        if error is not None:
            return f"{error.type}: {error.message}"
        return self._service.get_result(run_id)

    def look(self, run_id: str, returns: Any) -> Seen:
        run = self._service.run_info(run_id)
        return Seen(
            returns,
            state_text(run.state_type, run.state_name),
            run.run_count,
            sorted(
                f"{task.task_name} {task.state_name} {task.run_count}"
                for task in self._service.task_runs(run_id)
            ),
            sorted(
                f"{child.flow_name} {child.state_name} {child.run_count}"
                for child in self._service.child_runs(run_id)
            ),
            self.notes(),
        )

    def notes(self) -> list[str]:
        """Return what the flows have written down."""
        return list(notes)


class LocalEngineApi(_Called, ServiceApi):
    """Flows called inside ``local_engine()``."""

    def active(self) -> AbstractContextManager[None]:
        return lume_services.local_engine()


class WorkersApi(ServiceApi):
    """One case, registered and run by a worker.

    Parameters
    ----------
    service
        The service of the backend.
    folder
        An empty folder that worker and tests share.
    """

    # Its requests would slow down the runs that are under way.
    look_again_seconds = 0.5

    def __init__(self, service: SchedulingService, folder: Path) -> None:
        super().__init__(service)
        self._folder = folder

    def run(self, case: Case) -> tuple[str, Any]:
        record = describe(case.flow, "conformance", entrypoint(case))
        variables = {
            NOTES: str(self._folder / "notes"),
            "PREFECT_LOCAL_STORAGE_PATH": str(self._folder / "storage"),
        }
        run_id = self._service.run(self._service.register(record), case.parameters, env=variables)
        self._service.wait(run_id, RUN_SECONDS)
        return run_id, self.returned(run_id)

    def notes(self) -> list[str]:
        file = self._folder / "notes"
        return file.read_text().splitlines() if file.exists() else []


class ServerApi(_Called):
    """Flows called against a Prefect server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    def observe(self, case: Case) -> Seen:
        settings = temporary_settings(_settings(self._url))
        with settings, get_client(sync_client=True) as self._client:
            return super().observe(case)

    def active(self) -> AbstractContextManager[None]:
        return _everywhere()

    def look(self, run_id: str, returns: Any) -> Seen:
        client = self._client
        run = client.read_flow_run(run_id)
        wanted = filters.FlowRunFilter(id=filters.FlowRunFilterId(any_=[run_id]))
        own = filters.TaskRunFilter(subflow_runs=filters.TaskRunFilterSubFlowRuns(exists_=False))
        children = filters.FlowRunFilter(
            parent_flow_run_id=filters.FlowRunFilterParentFlowRunId(any_=[run_id])
        )
        tasks = client.read_task_runs(flow_run_filter=wanted, task_run_filter=own)
        child_runs = client.read_flow_runs(flow_run_filter=children)
        names = {child.id: client.read_flow(child.flow_id).name for child in child_runs}
        return Seen(
            returns,
            state_text(run.state_type.value, run.state_name),
            run.run_count,
            sorted(
                f"{task.task_key.rpartition('-')[0]} {task.state_name} {task.run_count}"
                for task in tasks
            ),
            sorted(
                f"{names[child.id]} {child.state_name} {child.run_count}" for child in child_runs
            ),
            list(notes),
        )


@contextmanager
def _everywhere() -> Iterator[None]:
    """Let threads that Prefect starts without context have these settings too.

    A program that is started with PREFECT_API_URL has them in all its threads.
    """
    before = prefect.context.GLOBAL_SETTINGS_CONTEXT
    prefect.context.GLOBAL_SETTINGS_CONTEXT = prefect.context.get_settings_context()
    try:
        yield
    finally:
        prefect.context.GLOBAL_SETTINGS_CONTEXT = before


def _settings(url: str) -> dict[Setting, Any]:
    from prefect.settings import (
        PREFECT_API_SSL_CERT_FILE,
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    )

    return {
        PREFECT_API_URL: url,
        # There is no TLS, yet each client would load the authorities of the world, 20 ms.
        PREFECT_API_SSL_CERT_FILE: str(Path(local_api.__file__).with_name("no_ca.pem")),
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }


def storing_in(folder: Path) -> AbstractContextManager[Any]:
    """Keep what Prefect persists in a folder."""
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

    assert FlowRunContext.get() is None
    return temporary_settings({PREFECT_LOCAL_STORAGE_PATH: str(folder)})
