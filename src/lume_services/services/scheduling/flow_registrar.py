"""Registers flows and finds those that are registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lume_services.errors import FlowNotFoundError, InputError
from lume_services.services.scheduling import entrypoints, installed, names
from lume_services.services.scheduling.backends.backend import Backend
from lume_services.services.scheduling.code import loading
from lume_services.services.scheduling.code.storage import FolderStorage, GitStorage
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.registry import DEFAULT_PROJECT, FlowRecord
from lume_services.services.scheduling.schedule import Schedule

if TYPE_CHECKING:
    from prefect import Flow


class FlowRegistrar:
    """Registers flows with projects.

    Parameters
    ----------
    backend
        Where flows are registered.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def create_project(self, name: str) -> None:
        """Make a project; making it again changes nothing.

        Raises
        ------
        InputError
            If the name is empty or has a character that Prefect keeps for itself.
        """
        names.check_project(name)
        self._backend.registry.create_project(name)

    def projects(self) -> list[str]:
        """Return the names of the projects, sorted."""
        return self._backend.registry.projects()

    def register_flow(
        self,
        flow: Flow[..., Any] | str,
        project_name: str,
        *,
        image: str | None = None,
        labels: Iterable[str] = (),
        schedule: Schedule | None = None,
        storage: FolderStorage | GitStorage | None = None,
    ) -> FlowRecord:
        """Register a flow with a project, in place of an earlier registration.

        Parameters
        ----------
        flow
            A Prefect flow, or an entrypoint: ``package.module:flow`` or ``file.py:flow``.
        project_name
            The project; made if it is new.
        image
            Container image that is to run it.
        labels
            What a worker must serve to take its runs.
        schedule
            When it runs by itself; needs a server backend. None leaves that as it was.
        storage
            Where the worker takes the code from, in which the entrypoint then is; by default
            its environment.

        Raises
        ------
        FlowNotFoundError
            If the flow cannot be imported by another process.
        NeedsServerError
            If a schedule is given on the local backend.
        """
        names.check_project(project_name)
        if storage is not None:
            storage = storage.resolved()
        found, entrypoint = self._found(flow, storage)
        record = installed.describe(
            found, project_name, entrypoint, image=image, labels=tuple(labels)
        )
        if storage is not None:
            record = replace(record, storage=storage, package=None, version=storage.version)
        return self.register(record, schedule=schedule)

    def _found(
        self, flow: Flow[..., Any] | str, storage: FolderStorage | GitStorage | None
    ) -> tuple[Flow[..., Any], str]:
        if storage is None:
            loaded = entrypoints.load(flow) if isinstance(flow, str) else flow
            found = entrypoints.require_flow(loaded)
            return found, entrypoints.of(found)
        if not isinstance(flow, str):
            raise InputError(
                f"flow {flow.name!r} is to be taken from {storage}; give its entrypoint there, as "
                f"text: {entrypoints.FORMS}."
            )
        return loading.load_from(storage, flow, self._backend.home), flow

    def register(
        self,
        record: FlowRecord,
        parameters: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
    ) -> FlowRecord:
        """Register a flow that is described already.

        Parameters
        ----------
        record
            The flow.
        parameters
            The values that its runs have unless they are given others.
        schedule
            When it runs by itself; needs a server backend. None leaves that as it was.
        """
        self._backend.registry.save(record, parameters, schedule)
        return record

    def offer(self, record: FlowRecord, parameters: Mapping[str, Any] | None = None) -> FlowRecord:
        """Let a flow be run that need not be registered; return its record.

        Parameters
        ----------
        record
            The flow.
        parameters
            The values that its runs have unless they are given others.
        """
        return self._backend.offer(record, None, parameters)

    def record(self, name: str, project_name: str = DEFAULT_PROJECT) -> FlowRecord:
        """Return what is known of a flow: registered, or offered by an installed package.

        Raises
        ------
        FlowNotFoundError
            With the nearest names.
        """
        names.check_flow(name, project_name)
        record = self._backend.registry.find(name, project_name) or installed.find(
            name, project_name
        )
        if record is not None:
            return record
        known = {each.name for each in self.records(project_name)} | set(installed.names())
        elsewhere = [each.project_name for each in self.records() if each.name == name]
        todo = (
            f"it is registered with project {' and '.join(map(repr, elsewhere))}: give that one."
            if elsewhere
            else f"{hint(name, known)} To register it: "
            f"lume-services register MODULE:FLOW --project {project_name}"
        )
        raise FlowNotFoundError(f"no flow {name!r} in project {project_name!r}; {todo}")

    def records(self, project_name: str | None = None) -> list[FlowRecord]:
        """Return the registered flows of a project, or of all."""
        return self._backend.registry.records(project_name)

    def installed_flows(self) -> dict[str, str]:
        """Return the flows that installed packages offer: entrypoint by name."""
        return installed.entrypoints_by_name()

    def load_flow(self, name: str, project_name: str = DEFAULT_PROJECT) -> Flow[..., Any]:
        """Import a registered flow.

        Raises
        ------
        FlowNotFoundError
            If it is not registered or cannot be imported.
        """
        return loading.load(self.record(name, project_name), self._backend.home)
