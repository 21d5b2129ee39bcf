"""A validated flow-of-flows: what runs after what, and where every parameter comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lume_services.flows.checks import Checker, Records
from lume_services.services.scheduling.parameters import check_parameters
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.schema.flow_of_flows_schema import (
    ComposingFlow,
    FlowOfFlowsSpecification,
    MappedParameter,
    Reading,
)

ORCHESTRATOR = "lume_services.flows.orchestrate:run_flow_of_flows"


@dataclass(frozen=True)
class Node:
    """One flow of a plan.

    Parameters
    ----------
    name
        The flow's name in the specification.
    record
        The registered flow.
    mappings
        The parameters that come from other flows.
    parameters
        The other parameters: own name by name in the composed flow.
    parents
        The flows whose results it needs.
    """

    name: str
    record: FlowRecord
    mappings: Mapping[str, MappedParameter]
    parameters: Mapping[str, str]
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A validated flow-of-flows.

    Parameters
    ----------
    specification
        What it was made from.
    nodes
        Its flows, parents before children.
    """

    specification: FlowOfFlowsSpecification
    nodes: tuple[Node, ...]

    @cached_property
    def record(self) -> FlowRecord:
        """The composed flow as a flow: its parameters are ``{flow_name}-{param_name}``."""
        return FlowRecord(
            name=self.specification.name,
            project_name=self.specification.project_name,
            entrypoint=ORCHESTRATOR,
            labels=self.specification.labels,
            parameters=_composed_schema(self.nodes),
        )

    def assign(self, parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what each flow gets of the composed flow's parameters.

        Raises
        ------
        ParameterError
            Naming all that are unknown, missing or not JSON-serialisable.
        """
        check_parameters(self.record, parameters)
        return {
            node.name: {
                own: parameters[name] for name, own in node.parameters.items() if name in parameters
            }
            for node in self.nodes
        }


def make_plan(reading: Reading, records: Records, installed: Collection[str] = ()) -> Plan:
    """Plan a specification.

    Parameters
    ----------
    reading
        The specification as read.
    records
        The flows that exist, by project and name.
    installed
        The names of flows that exist in any project, for hints.

    Raises
    ------
    SpecificationError
        With every problem of form and content, each with file, line and column.
    """
    specification, source, problems = reading
    if specification is not None:
        problems = [*problems, *Checker(specification, records, installed).problems()]
    if specification is None or problems:
        raise source.error(problems)
    nodes = (
        _node(flow, records[flow.project_name, flow.name]) for flow in specification.composing_flows
    )
    return Plan(specification, tuple(nodes))


def _node(flow: ComposingFlow, record: FlowRecord) -> Node:
    mappings = flow.mapped_parameters
    free = (name for name in record.parameters.get("properties", {}) if name not in mappings)
    parents = dict.fromkeys(mapping.parent_flow_name for mapping in mappings.values())
    return Node(
        name=flow.name,
        record=record,
        mappings=mappings,
        parameters={f"{flow.name}-{name}": name for name in free},
        parents=tuple(parents),
    )


def _composed_schema(nodes: tuple[Node, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    definitions: dict[str, Any] = {}
    for node in nodes:
        schema = node.record.parameters
        prefix = f"{node.name}-"
        for name, own in node.parameters.items():
            part = _moved(schema["properties"][own], prefix)
            properties[name] = {**part, "title": name, "position": len(properties)}
            if own in schema.get("required", ()):
                required.append(name)
        for name, definition in schema.get("definitions", {}).items():
            definitions[prefix + name] = _moved(definition, prefix)
    return {
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "required": required,
        "definitions": definitions,
    }


def _moved(schema: Any, prefix: str) -> Any:
    """Let references point to definitions under the prefixed names."""
    if isinstance(schema, list):
        return [_moved(item, prefix) for item in schema]
    if not isinstance(schema, dict):
        return schema
    start = "#/definitions/"
    return {
        key: start + prefix + value.removeprefix(start)
        if key == "$ref" and isinstance(value, str) and value.startswith(start)
        else _moved(value, prefix)
        for key, value in schema.items()
    }
