"""The packaged flow that runs a flow-of-flows, each flow as a child run of its own."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import prefect

from lume_services import config
from lume_services.errors import FlowFailedError, LumeServicesError
from lume_services.flows.known_flows import plan_from
from lume_services.flows.mapping import map_value
from lume_services.flows.plan import ORCHESTRATOR, Node, Plan
from lume_services.flows.progress import Progress
from lume_services.flows.shape import shape
from lume_services.flows.workers import run_all
from lume_services.results.origin.provenance import handed_on
from lume_services.results.origin.provenance import results as saved_results
from lume_services.services.scheduling import installed
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run_context import current_run, labelling_runs
from lume_services.services.scheduling.schema.flow_of_flows_schema import MappedParameter


@prefect.flow(name="flow-of-flows")
def run_flow_of_flows(
    specification: dict[str, Any],
    parameters: dict[str, Any],
    reused: dict[str, str] | None = None,
) -> dict[str, str]:
    """Run a flow-of-flows; return the run identifier of each of its flows.

    Parameters
    ----------
    specification
        As in a flow-of-flows file; validated again here.
    parameters
        Values by ``{flow_name}-{param_name}``.
    reused
        Earlier runs by flow name: these flows are not run, and what they returned is used.
    """
    return orchestrate(plan_from(specification), parameters, reused or {})


def orchestrating(plan: Plan) -> tuple[FlowRecord, dict[str, Any]]:
    """Return `run_flow_of_flows` as a flow that runs one plan, and what it always gets.

    Parameters
    ----------
    plan
        What it is to run.
    """
    specification = plan.specification
    record = installed.describe(
        run_flow_of_flows.with_options(name=specification.name),
        specification.project_name,
        ORCHESTRATOR,
        labels=specification.labels,
    )
    # In a form, the parameters come first, under the names that they have everywhere.
    definitions = plan.record.parameters["definitions"]
    own = {key: each for key, each in plan.record.parameters.items() if key != "definitions"}
    properties = dict(record.parameters["properties"])
    properties["specification"] = {**properties["specification"], "position": 1}
    properties["parameters"] = {**own, "position": 0}
    schema = {**record.parameters, "properties": properties, "definitions": definitions}
    values = specification.model_dump(mode="json", exclude_defaults=True)
    record = replace(record, parameters=schema, description=_description(plan))
    return record, {"specification": values, "parameters": {}}


def _description(plan: Plan) -> str:
    """Return what it runs, with a picture for the pages of a server, which show Markdown."""
    text = f"Run {', '.join(node.name for node in plan.nodes)}."
    if config.current().scheduling.runs_here:
        return text
    from lume_services.pictures.graph import graph

    picture = base64.b64encode(graph(shape(plan), theme="auto").encode()).decode()
    return f"{text}\n\n![Graph](data:image/svg+xml;base64,{picture})"


def orchestrate(
    plan: Plan, parameters: Mapping[str, Any], reused: Mapping[str, str]
) -> dict[str, str]:
    """Run a plan as children of the current run; return the run identifiers by flow name.

    Parameters
    ----------
    plan
        What to run.
    parameters
        Values by ``{flow_name}-{param_name}``.
    reused
        Earlier runs, by flow name, that are waited for in place of running these flows.

    Raises
    ------
    ParameterError
        Before anything runs.
    FlowFailedError
        If a flow failed, after those that do not depend on it have ended.
    """
    children = _Children(plan, parameters, reused)
    progress = Progress({node.name: node.parents for node in plan.nodes})
    limit = config.current().settings.scheduling.max_concurrent_flows
    failures = run_all(progress, children.run, limit, children.cancel)
    if failures:
        raise _failed(plan, failures, progress.not_run)
    return children.run_ids


class _Children:
    """The child runs of one run of a plan."""

    def __init__(
        self, plan: Plan, parameters: Mapping[str, Any], reused: Mapping[str, str]
    ) -> None:
        self._given = plan.assign(parameters)
        self._reused = reused
        self._nodes = {node.name: node for node in plan.nodes}
        self._scheduling = config.current().scheduling
        self.run_ids: dict[str, str] = {}

    def run(self, name: str) -> None:
        """Run a flow whose parents have ended, to its end."""
        run_id = self._reused.get(name) or self._start(self._nodes[name])
        self._scheduling.wait(run_id)
        self._scheduling.require_completed(run_id)
        self.run_ids[name] = run_id

    def _start(self, node: Node) -> str:
        results = {parameter: self._result(each) for parameter, each in node.mappings.items()}
        mapped = {
            parameter: map_value(mapping, results[parameter], parameter, node.name)
            for parameter, mapping in node.mappings.items()
        }
        sources = [
            rep
            for parameter, mapping in node.mappings.items()
            for rep in self._made_from(mapping, results[parameter])
        ]
        with labelling_runs(handed_on(sources)):
            parameters = {**self._given[node.name], **mapped}
            return self._scheduling.run(node.record, parameters, key=node.name)

    def cancel(self) -> None:
        """Ask the children that have not ended to stop."""
        run = current_run()
        children = self._scheduling.child_runs(run.flow_run_id) if run else []
        for child in [*children, *map(self._scheduling.run_info, self._reused.values())]:
            if child.ended is None:
                self._scheduling.cancel(child.id)

    def _result(self, mapping: MappedParameter) -> Any:
        run_id = self.run_ids[mapping.parent_flow_name]
        if mapping.parent_task_name is None:
            return self._scheduling.get_result(run_id)
        return self._scheduling.get_task_result(run_id, mapping.parent_task_name)

    def _made_from(self, mapping: MappedParameter, result: Any) -> Sequence[Mapping[str, Any]]:
        """Return the database results that a mapped value was taken from."""
        if mapping.map_type == "db":
            return result if isinstance(result, list) else [result]
        # A file says itself what it is; a mere value comes from what its run has saved.
        run_id = self.run_ids[mapping.parent_flow_name]
        return saved_results(run_id) if mapping.map_type == "raw" else ()


def _failed(
    plan: Plan, failures: Mapping[str, BaseException], not_run: Mapping[str, str]
) -> FlowFailedError:
    run = current_run()
    first = next(iter(failures.values()))
    causes = "; ".join(_cause(name, error) for name, error in failures.items())
    stopped = f"; not run because of it: {', '.join(not_run)}" if not_run else ""
    return FlowFailedError(
        f"{len(failures)} of {len(plan.nodes)} flows failed: {causes}{stopped}",
        flow_name=next(iter(failures)),
        run_id=getattr(first, "run_id", run.flow_run_id if run else ""),
        task_name=getattr(first, "task_name", None),
        cause_type=getattr(first, "cause_type", type(first).__name__),
        cause_message=getattr(first, "cause_message", str(first)),
        cause_traceback=getattr(first, "cause_traceback", None),
    )


def _cause(name: str, error: BaseException) -> str:
    if isinstance(error, FlowFailedError):
        return str(error)
    if not isinstance(error, Exception):
        return f"flow {name!r} was cancelled"
    kind = "" if isinstance(error, LumeServicesError) else f"{type(error).__name__}: "
    return f"flow {name!r} could not be run: {kind}{error}"
