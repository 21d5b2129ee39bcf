"""Plans from the flows that the configured services know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lume_services import config
from lume_services.flows.checks import Records
from lume_services.flows.plan import Plan, make_plan
from lume_services.services.scheduling import installed
from lume_services.services.scheduling.schema.flow_of_flows_schema import (
    FlowOfFlowsSpecification,
    Reading,
    read_specification,
)


def plan_from(source: Path | str | Mapping[str, Any]) -> Plan:
    """Plan a specification with the flows that are registered or installed.

    Parameters
    ----------
    source
        Path of a YAML file, YAML text, or a mapping.

    Raises
    ------
    SpecificationError
        With every problem, each with file, line and column.
    """
    return plan_reading(read_specification(source))


def plan_reading(reading: Reading) -> Plan:
    """Plan what has been read, with the flows that are registered or installed now."""
    specification = reading.specification
    known = known_flows(specification) if specification else {}
    return make_plan(reading, known, installed.names())


def known_flows(specification: FlowOfFlowsSpecification) -> Records:
    """Return the registered flows, and the installed ones that a specification lists."""
    known = {
        (record.project_name, record.name): record
        for record in config.current().scheduling.records()
    }
    missing = [
        key
        for flow in specification.composing_flows
        if (key := (flow.project_name, flow.name)) not in known
    ]
    offered = set(installed.names()) if missing else set()
    for project, name in missing:
        if name in offered:
            known[project, name] = config.current().scheduling.record(name, project)
    return known
