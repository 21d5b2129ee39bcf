"""Going on with a run that has not ended well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lume_services import config
from lume_services.errors import FlowNotFoundError, InputError
from lume_services.flows.known_flows import plan_from
from lume_services.flows.plan import Plan
from lume_services.flows.reuse import Step, decide
from lume_services.services.scheduling import entrypoints
from lume_services.services.scheduling.backends.backend import RunConfig
from lume_services.services.scheduling.parameters import as_parameters
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run import TERMINAL, RunInfo
from lume_services.services.scheduling.run_context import RESUMES_LABEL, labelling_runs

if TYPE_CHECKING:
    import prefect


class Resumption:
    """A new run that goes on with an earlier one; nothing runs before `run`.

    Of a flow-of-flows, the flows that ended well are not run again where nothing has
    changed, and their results are used. A single flow runs again as a whole.

    Parameters
    ----------
    run_id
        The earlier run, or a unique beginning of its identifier.
    parameters
        Values that replace those of the earlier run; of a flow-of-flows by
        ``{flow_name}-{param_name}``.

    Raises
    ------
    InputError
        If the run goes on, is a part of another, or has ended well with nothing changed.
    SpecificationError
        If a flow of the flow-of-flows is not registered as it was needed.
    ParameterError
        If the parameters cannot be used.
    FlowNotFoundError
        If a single flow is neither registered nor where it was.
    """

    def __init__(self, run_id: str, parameters: Mapping[str, Any] | None = None) -> None:
        self._scheduling = config.current().scheduling
        self.earlier: RunInfo = self._scheduling.run_info(run_id)
        self.steps: tuple[Step, ...]
        """What becomes of each flow, and why."""
        self._outdated: list[str] = []
        changes = as_parameters(parameters)
        _require_ended(self.earlier)
        if self.earlier.is_composed:
            self._compose(changes)
        else:
            self._repeat(changes)

    def __repr__(self) -> str:
        return f"Resumption({self.earlier.id!r})"

    def run(self, *, run_config: RunConfig | None = None, **overrides: Any) -> str:
        """Run what is to be run; return the new run's identifier.

        Parameters
        ----------
        run_config
            How to execute the run; made from ``overrides`` by default.
        """
        for run_id in self._outdated:
            self._scheduling.cancel(run_id)
        with labelling_runs({RESUMES_LABEL: self.earlier.id}):
            return self._run(run_config=run_config, **overrides)

    def _compose(self, changes: dict[str, Any]) -> None:
        from lume_services.flows.orchestrate import orchestrating

        plan = plan_from(self.earlier.parameters["specification"])
        parameters = {**self.earlier.parameters["parameters"], **changes}
        earlier = self._children(plan)
        self.steps = decide(plan, plan.assign(parameters), earlier)
        reused = {step.flow_name: step.run_id for step in self.steps if step.run_id}
        if self.earlier.state_type == "COMPLETED" and len(reused) == len(plan.nodes):
            raise InputError(
                f"run {self.earlier.id} of {self.earlier.flow_name!r} is Completed, and none of "
                "its flows or their parameters has changed: there is nothing to run. Give a "
                "parameter that is to be different, or run it anew with `lume-services run`."
            )
        self._outdated = [
            run.id
            for name, run in earlier.items()
            if run.state_type not in TERMINAL and name not in reused
        ]
        record, own = orchestrating(plan)
        values = {**own, "parameters": parameters, "reused": reused}
        self._run = partial(self._scheduling.run, record, values)

    def _repeat(self, changes: dict[str, Any]) -> None:
        run = self.earlier
        if run.state_type == "COMPLETED":
            raise InputError(
                f"run {run.id} of flow {run.flow_name!r} is Completed; only one that has failed, "
                "crashed or was cancelled can be resumed. To run the flow anew: lume-services run"
            )
        self.steps = (Step(run.flow_name, f"it was {run.state_name}"),)
        parameters = {**run.parameters, **changes}
        self._run = partial(
            self._scheduling.run, self._flow(), parameters, project_name=run.project_name
        )

    def _flow(self) -> FlowRecord | prefect.Flow[..., Any]:
        """Return the flow of the earlier run: as it is registered, else from where it was."""
        run = self.earlier
        try:
            return self._scheduling.record(run.flow_name, run.project_name)
        except FlowNotFoundError:
            if run.entrypoint is None:
                raise
            return entrypoints.load(run.entrypoint)

    def _children(self, plan: Plan) -> dict[str, RunInfo]:
        """Return the last run of each flow: a child of the earlier run, or one that it used."""
        by_flow = {child.flow_name: child for child in self._scheduling.child_runs(self.earlier.id)}
        found = {name: self._scheduling.run_info(id_) for name, id_ in self.earlier.reused.items()}
        for node in plan.nodes:
            if node.record.name in by_flow:
                found[node.name] = self._with_result(by_flow[node.record.name])
        return found

    def _with_result(self, run: RunInfo) -> RunInfo:
        """Return a run; as a crashed one where it was killed before its result was kept."""
        if run.state_type != "COMPLETED" or self._scheduling.has_result(run.id):
            return run
        return replace(run, state_type="CRASHED", state_name="Crashed")


def _require_ended(run: RunInfo) -> None:
    if run.parent_run_id is not None:
        raise InputError(
            f"run {run.id} of flow {run.flow_name!r} is a part of run {run.parent_run_id}; resume "
            f"that: lume-services resume {run.parent_run_id}"
        )
    if run.state_type not in TERMINAL:
        raise InputError(
            f"run {run.id} of flow {run.flow_name!r} is {run.state_name}; one that has ended can "
            f"be resumed. To end it: lume-services cancel {run.id}"
        )
