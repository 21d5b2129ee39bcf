"""Several flows run as one, by a file that says how results become parameters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services import config
from lume_services.errors import InputError
from lume_services.flows.known_flows import plan_reading
from lume_services.flows.parameters import FlowParameter, flow_parameters
from lume_services.flows.plan import Plan
from lume_services.services.scheduling.async_service import AsyncSchedulingService
from lume_services.services.scheduling.backends.backend import RunConfig
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.schedule import Schedule
from lume_services.services.scheduling.schema.flow_of_flows_schema import (
    FlowOfFlowsSpecification,
    Reading,
    read_specification,
)

if TYPE_CHECKING:
    import prefect


class FlowOfFlows:
    """A validated flow-of-flows; make one with `from_yaml`.

    Parameters
    ----------
    reading
        The specification as read.

    Raises
    ------
    SpecificationError
        With every problem, each with file, line and column.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.plan: Plan = plan_reading(reading)

    def __repr__(self) -> str:
        return f"FlowOfFlows({self.name!r}, {self.project_name!r})"

    def _repr_html_(self) -> str:
        """Return a picture for notebooks."""
        from lume_services.pictures import html

        return html.scrolling(self._svg())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return what notebooks show and what they export."""
        return {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            "image/svg+xml": self._svg(),
        }

    def _svg(self) -> str:
        from lume_services.flows.shape import shape
        from lume_services.pictures.graph import graph

        return graph(shape(self.plan), theme="auto")

    @classmethod
    def from_yaml(cls, source: Path | str | Mapping[str, Any]) -> FlowOfFlows:
        """Read and validate a specification.

        Parameters
        ----------
        source
            Path of a YAML file, YAML text, or a dictionary. A string is text where it has
            a line break, a ``": "`` or begins with ``{``.

        Raises
        ------
        SpecificationError
            With every problem, each with file, line and column.
        """
        return cls(read_specification(source))

    @property
    def specification(self) -> FlowOfFlowsSpecification:
        """What the file says."""
        return self.plan.specification

    @property
    def name(self) -> str:
        """The name of the composed flow."""
        return self.specification.name

    @property
    def project_name(self) -> str:
        """The project that it runs in."""
        return self.specification.project_name

    @property
    def parameters(self) -> tuple[FlowParameter, ...]:
        """The parameters that no mapping gives, named ``{flow_name}-{param_name}``."""
        return flow_parameters(self.plan.record.parameters)

    def validate(self) -> None:
        """Validate again, against the flows that are registered now.

        Raises
        ------
        SpecificationError
            With every problem, each with file, line and column.
        """
        self.plan = plan_reading(self._reading)

    def compose(self) -> prefect.Flow[..., dict[str, str]]:
        """Return a Prefect flow that runs the flows as its children.

        It is called with the `parameters`: ``composed(**{"flow1-text": "hey"})``.
        """
        from lume_services.flows.composed import ComposedFlow

        return ComposedFlow(self.plan)

    def run(
        self,
        parameters: Mapping[str, Any] | None = None,
        *,
        run_config: RunConfig | None = None,
        **overrides: Any,
    ) -> str:
        """Run on the configured backend; return the run's identifier.

        Parameters
        ----------
        parameters
            JSON-serialisable values by ``{flow_name}-{param_name}``.
        run_config
            How to execute the run; made from ``overrides`` by default.

        Raises
        ------
        ParameterError
            Before anything runs, naming all that are unknown, missing or not
            JSON-serialisable.
        """
        record, given = self._offered(parameters)
        scheduling = config.current().scheduling
        return scheduling.run(record, given, run_config=run_config, **overrides)

    async def arun(self, parameters: Mapping[str, Any] | None = None, **options: Any) -> str:
        """Run from an asynchronous program; return the run's identifier.

        Parameters
        ----------
        parameters, options
            As for `run`.
        """
        record, given = await asyncio.to_thread(self._offered, parameters)
        scheduling = AsyncSchedulingService(config.current().scheduling)
        return await scheduling.run(record, given, **options)

    def register(self, schedule: Schedule | None = None) -> FlowRecord:
        """Register the composed flow with its project, in place of an earlier registration.

        Its flows stay registrations of their own: a run starts each of them as it is
        registered then, with its own image and labels.

        Parameters
        ----------
        schedule
            When it is to run; needs a server backend. None leaves it as it was.
        """
        from lume_services.flows.orchestrate import orchestrating

        record, own = orchestrating(self.plan)
        return config.current().scheduling.register(record, own, schedule)

    def run_and_return(
        self,
        parameters: Mapping[str, Any] | None = None,
        flow_name: str | None = None,
        task_name: str | None = None,
        *,
        run_config: RunConfig | None = None,
        **overrides: Any,
    ) -> Any:
        """Run to the end and return what the flows produced.

        Parameters are those of `run`, and:

        Parameters
        ----------
        flow_name
            Return this flow's result only. Without it: a dictionary of all by flow name.
        task_name
            Return the result of this task of ``flow_name``. Without it: a flow's return
            value, or all its task results by name where it returns none.
        overrides
            May have ``timeout``, ``cancel_on_timeout`` and ``log`` too, as for
            `SchedulingService.run_and_return`.

        Raises
        ------
        FlowFailedError
            If a flow failed, naming flow, task and cause, and what was not run because of it.
        """
        self._require(flow_name, task_name)
        record, given = self._offered(parameters)
        run_ids = config.current().scheduling.run_and_return(
            record, given, run_config=run_config, **overrides
        )
        return self._produced(run_ids, flow_name, task_name)

    async def arun_and_return(
        self,
        parameters: Mapping[str, Any] | None = None,
        flow_name: str | None = None,
        task_name: str | None = None,
        **options: Any,
    ) -> Any:
        """Run from an asynchronous program to the end and return what the flows produced.

        The run is cancelled where the caller is.

        Parameters
        ----------
        parameters, flow_name, task_name, options
            As for `run_and_return`.
        """
        self._require(flow_name, task_name)
        record, given = await asyncio.to_thread(self._offered, parameters)
        scheduling = AsyncSchedulingService(config.current().scheduling)
        run_ids = await scheduling.run_and_return(record, given, **options)
        return await asyncio.to_thread(self._produced, run_ids, flow_name, task_name)

    def _offered(self, parameters: Mapping[str, Any] | None) -> tuple[FlowRecord, dict[str, Any]]:
        """Return the composed flow, which can then be run, and what it is to get."""
        from lume_services.flows.orchestrate import orchestrating

        given = dict(parameters or {})
        self.plan.assign(given)
        record, own = orchestrating(self.plan)
        offered = config.current().scheduling.offer(record, own)
        return offered, {**own, "parameters": given}

    def _require(self, flow_name: str | None, task_name: str | None) -> None:
        names = [node.name for node in self.plan.nodes]
        if flow_name is not None and flow_name not in names:
            raise InputError(f"no flow {flow_name!r} in {self.name!r}; {hint(flow_name, names)}")
        if task_name is not None and flow_name is None:
            raise InputError(f"task {task_name!r} of which flow? Give flow_name too.")

    def _produced(
        self, run_ids: Mapping[str, str], flow_name: str | None, task_name: str | None
    ) -> Any:
        scheduling = config.current().scheduling
        if flow_name is None:
            return {node.name: scheduling.produced(run_ids[node.name]) for node in self.plan.nodes}
        return scheduling.produced(run_ids[flow_name], task_name)
