"""What the pictures of a flow-of-flows are drawn from."""

from __future__ import annotations

from lume_services.flows.parameters import flow_parameters
from lume_services.flows.plan import Node, Plan
from lume_services.pictures.model import FlowShape, Free, Mapping, Shape


def shape(plan: Plan) -> Shape:
    """Return what is to be drawn of a plan."""
    specification = plan.specification
    flows = tuple(_flow(node) for node in plan.nodes)
    return Shape(specification.name, specification.project_name, flows)


def parents(plan: Plan) -> dict[str, list[str]]:
    """Return the flows and those whose results each needs, as they are called in the history."""
    called = {node.name: node.record.name for node in plan.nodes}
    return {called[node.name]: [called[name] for name in node.parents] for node in plan.nodes}


def _flow(node: Node) -> FlowShape:
    return FlowShape(
        name=node.name,
        project_name=node.record.project_name,
        mappings=tuple(
            Mapping(
                parameter=parameter,
                flow=mapping.parent_flow_name,
                task=mapping.parent_task_name,
                map_type=mapping.map_type,
                index=".".join(map(str, mapping.attribute_index or ())),
            )
            for parameter, mapping in node.mappings.items()
        ),
        free=tuple(
            Free(each.name, each.default_text)
            for each in flow_parameters(node.record.parameters)
            if each.name not in node.mappings
        ),
        tasks=tuple(task.name for task in node.record.tasks),
        run_name=node.record.name,
    )
