"""The command ``lume-services validate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services.cli import console
from lume_services.cli.target import import_from_here

if TYPE_CHECKING:
    from lume_services.flows import FlowOfFlows, FlowParameter


def validate(file: Path, /) -> None:
    """Check a flow-of-flows file without running anything.

    Parameters
    ----------
    file
        A flow-of-flows FILE.yaml.
    """
    from lume_services.flows import FlowOfFlows

    import_from_here()
    flow_of_flows = FlowOfFlows.from_yaml(file)
    if console.for_programs.get():
        console.document(_document(flow_of_flows))
        return
    console.fields(
        [
            ("valid", str(file)),
            ("name", flow_of_flows.name),
            ("project", flow_of_flows.project_name),
            ("flows", "\n".join(_flows(flow_of_flows))),
        ]
    )
    if flow_of_flows.parameters:
        rows = [[p.name, p.type, _default(p)] for p in flow_of_flows.parameters]
        console.write()
        console.table(("PARAMETER", "TYPE", "DEFAULT"), rows)


def _document(flow_of_flows: FlowOfFlows) -> dict[str, Any]:
    return {
        "name": flow_of_flows.name,
        "project_name": flow_of_flows.project_name,
        "flows": [
            {"name": node.name, "after": list(node.parents)} for node in flow_of_flows.plan.nodes
        ],
        "parameters": [asdict(parameter) for parameter in flow_of_flows.parameters],
    }


def _flows(flow_of_flows: FlowOfFlows) -> list[str]:
    return [
        f"{node.name} after {', '.join(node.parents)}" if node.parents else node.name
        for node in flow_of_flows.plan.nodes
    ]


def _default(parameter: FlowParameter) -> str:
    if parameter.required:
        return "required"
    return json.dumps(parameter.default, ensure_ascii=False)
