"""What is wrong with a flow-of-flows specification, given the flows that exist."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from lume_services.flows.mapping_types import type_problem
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.schema.flow_of_flows_schema import (
    ComposingFlow,
    FlowOfFlowsSpecification,
    MappedParameter,
)
from lume_services.services.scheduling.schema.source import Problem, Steps

Records = Mapping[tuple[str, str], FlowRecord]
Place = tuple[int, str]

MAX_HINTS = 20


class Checker:
    """Examines a specification.

    Parameters
    ----------
    specification
        Well-formed, or it would not be one.
    records
        The flows that exist, by project and name.
    installed
        The names of flows that exist in any project.
    """

    def __init__(
        self,
        specification: FlowOfFlowsSpecification,
        records: Records,
        installed: Collection[str] = (),
    ) -> None:
        self._flows = specification.composing_flows
        self._records = records
        self._installed = installed
        self._hints = 0
        self._positions: dict[str, int] = {}
        for position, flow in enumerate(self._flows):
            self._positions.setdefault(flow.name, position)

    def problems(self) -> Iterator[Problem]:
        """Yield every problem, in no particular order."""
        for position, flow in enumerate(self._flows):
            yield from self._flow_problems(position, flow)
            for parameter, mapping in flow.mapped_parameters.items():
                yield from self._mapping_problems(position, parameter, mapping)
        yield from self._order_problems()

    def _flow_problems(self, position: int, flow: ComposingFlow) -> Iterator[Problem]:
        place = ("composing_flows", position, "name")
        if self._positions[flow.name] != position:
            yield Problem(
                place,
                f"flow {flow.name!r} is listed a second time; a flow runs once in a flow-of-flows: "
                "remove one, or register the flow under a second name.",
            )
        if self._record(flow) is None:
            yield Problem(place, self._missing(flow))

    def _missing(self, flow: ComposingFlow) -> str:
        registered = [name for project, name in self._records if project == flow.project_name]
        names = [*registered, *self._installed]
        elsewhere = [project for project, name in self._records if name == flow.name]
        known = f"in project {', '.join(map(repr, elsewhere))}" if elsewhere else ""
        return (
            f"no flow {flow.name!r} is registered in project {flow.project_name!r}; "
            + (f"it is {known}." if known else self._hint(flow.name, names))
            + f" Register it: lume-services register MODULE:FLOW --project {flow.project_name}"
        )

    def _mapping_problems(
        self, position: int, parameter: str, mapping: MappedParameter
    ) -> Iterator[Problem]:
        flow = self._flows[position]
        place = _place(position, parameter)
        record, parent = self._record(flow), self._parent(mapping)
        properties = record.parameters.get("properties", {}) if record else {}
        if record and parameter not in properties:
            message = f"flow {flow.name!r} has no parameter {parameter!r}; "
            yield Problem(place, message + hint(parameter, properties), at_key=True)
        if mapping.map_type == "file" and mapping.attribute_index is not None:
            yield Problem(
                (*place, "attribute_index"),
                "attribute_index picks from a raw or db result, but a file mapping hands on the "
                "file's reference: remove it, and load the file in the flow.",
                at_key=True,
            )
        yield from self._parent_problems(place, mapping)
        if record and parent and parameter in properties and _has_task(parent, mapping):
            clash = type_problem(mapping, parent, record, parameter)
            if clash:
                yield Problem(place, clash, at_key=True)

    def _parent_problems(self, place: Steps, mapping: MappedParameter) -> Iterator[Problem]:
        name, project = mapping.parent_flow_name, mapping.parent_project_name
        if name not in self._positions:
            message = f"parent flow {name!r} is not listed in composing_flows; "
            yield Problem((*place, "parent_flow_name"), message + self._hint(name, self._positions))
            return
        listed = self._flows[self._positions[name]].project_name
        if project != listed:
            message = f"parent flow {name!r} is listed with project {listed!r}, not {project!r}."
            yield Problem((*place, "parent_project_name"), message)
        parent = self._parent(mapping)
        if parent is not None and not _has_task(parent, mapping):
            task = str(mapping.parent_task_name)
            message = f"parent flow {name!r} has no task {task!r}; "
            names = [record.name for record in parent.tasks]
            yield Problem((*place, "parent_task_name"), message + hint(task, names))

    def _order_problems(self) -> Iterator[Problem]:
        backward = self._backward()
        while backward:
            cycle = self._cycle(backward)
            if cycle is None:
                break
            on_cycle = [edge for edge in itertools.pairwise(cycle) if edge in backward]
            place = backward[on_cycle[0]]
            yield Problem(
                (*_place(*place), "parent_flow_name"),
                f"{' -> '.join(cycle)} is a cycle: each of these flows waits for a result of the "
                "one before it; remove one of the mappings.",
            )
            for edge in on_cycle:
                del backward[edge]
        for (parent, child), place in backward.items():
            yield Problem(
                (*_place(*place), "parent_flow_name"),
                f"parent flow {parent!r} is listed after {child!r}; list it before.",
            )

    def _backward(self) -> dict[tuple[str, str], Place]:
        """Return the edges that go against the listed order, and where each stands."""
        return {
            (mapping.parent_flow_name, flow.name): (position, parameter)
            for position, flow in enumerate(self._flows)
            for parameter, mapping in flow.mapped_parameters.items()
            if self._positions.get(mapping.parent_flow_name, -1) >= position
        }

    def _cycle(self, backward: Collection[tuple[str, str]]) -> list[str] | None:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for position, flow in enumerate(self._flows):
            for mapping in flow.mapped_parameters.values():
                parent = mapping.parent_flow_name
                forward = self._positions.get(parent, position) < position
                if forward or (parent, flow.name) in backward:
                    sorter.add(flow.name, parent)
        try:
            sorter.prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            return cycle
        return None

    def _hint(self, name: str, known: Collection[str]) -> str:
        """Return the nearest of many names, for the first problems only: it is slow."""
        self._hints += 1
        return hint(name, known) if self._hints <= MAX_HINTS else "see the first problems."

    def _record(self, flow: ComposingFlow) -> FlowRecord | None:
        return self._records.get((flow.project_name, flow.name))

    def _parent(self, mapping: MappedParameter) -> FlowRecord | None:
        position = self._positions.get(mapping.parent_flow_name)
        return None if position is None else self._record(self._flows[position])


def _has_task(parent: FlowRecord | None, mapping: MappedParameter) -> bool:
    wanted = mapping.parent_task_name
    return parent is not None and (
        wanted is None or any(task.name == wanted for task in parent.tasks)
    )


def _place(position: int, parameter: str) -> Steps:
    return ("composing_flows", position, "mapped_parameters", parameter)
