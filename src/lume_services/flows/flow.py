"""A registered flow, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lume_services import config
from lume_services.flows.parameters import FlowParameter, flow_parameters
from lume_services.services.scheduling.async_service import AsyncSchedulingService
from lume_services.services.scheduling.backends.backend import RunConfig
from lume_services.services.scheduling.registry import DEFAULT_PROJECT, FlowRecord


class Flow:
    """A flow that is registered or offered by an installed package.

    What it takes and which tasks it has is known without importing or running it.

    Parameters
    ----------
    name
        The flow's name.
    project_name
        The project that it is registered with.

    Raises
    ------
    FlowNotFoundError
        If there is none, with the nearest names.
    """

    def __init__(self, name: str, project_name: str = DEFAULT_PROJECT) -> None:
        self.record: FlowRecord = config.current().scheduling.record(name, project_name)

    def __repr__(self) -> str:
        return f"Flow({self.name!r}, {self.project_name!r})"

    def _repr_html_(self) -> str:
        """Return tables of its parameters and tasks for notebooks."""
        from lume_services.pictures import html

        parameters = html.table(
            ("Parameter", "Type", "Default"),
            [(each.name, each.type, each.default_text or "required") for each in self.parameters],
        )
        tasks = html.table(("Task",), [(name,) for name in self.tasks])
        return html.sheet(self.name, (f"project {self.project_name}",), parameters, tasks)

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.record.name

    @property
    def project_name(self) -> str:
        """The project that it is registered with."""
        return self.record.project_name

    @property
    def parameters(self) -> tuple[FlowParameter, ...]:
        """Names, types and defaults of what it takes."""
        return flow_parameters(self.record.parameters)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of its tasks, in the order of their first appearance in the code."""
        return tuple(task.name for task in self.record.tasks)

    def run(
        self,
        parameters: Mapping[str, Any] | None = None,
        *,
        run_config: RunConfig | None = None,
        **overrides: Any,
    ) -> str:
        """Run the flow on the configured backend; return the run's identifier.

        Parameters
        ----------
        parameters
            JSON-serialisable values by parameter name.
        run_config
            How to execute the run; made from ``overrides`` by default.

        Raises
        ------
        ParameterError
            Before anything runs.
        """
        scheduling = config.current().scheduling
        return scheduling.run(self.record, parameters, run_config=run_config, **overrides)

    def run_and_return(
        self,
        parameters: Mapping[str, Any] | None = None,
        task_name: str | None = None,
        *,
        run_config: RunConfig | None = None,
        **overrides: Any,
    ) -> Any:
        """Run the flow to its end and return what it produced.

        Parameters are those of `run`, and:

        Parameters
        ----------
        task_name
            Return this task's result; a list where the task ran several times. Without
            it: the flow's return value, or all task results by name where it returns none.

        Raises
        ------
        FlowFailedError
            If the run ends in a state other than Completed.
        """
        return config.current().scheduling.run_and_return(
            self.record, parameters, task_name=task_name, run_config=run_config, **overrides
        )

    async def arun(self, parameters: Mapping[str, Any] | None = None, **options: Any) -> str:
        """Run the flow from an asynchronous program; return the run's identifier.

        Parameters
        ----------
        parameters, options
            As for `run`.
        """
        scheduling = AsyncSchedulingService(config.current().scheduling)
        return await scheduling.run(self.record, parameters, **options)

    async def arun_and_return(
        self,
        parameters: Mapping[str, Any] | None = None,
        task_name: str | None = None,
        **options: Any,
    ) -> Any:
        """Run the flow from an asynchronous program and return what it produced.

        The run is cancelled where the caller is.

        Parameters
        ----------
        parameters, task_name, options
            As for `run_and_return`.
        """
        scheduling = AsyncSchedulingService(config.current().scheduling)
        return await scheduling.run_and_return(
            self.record, parameters, task_name=task_name, **options
        )
