"""The registered flows that the tests of running flows use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flow_records import TEXT_EXAMPLE

from lume_services import config
from lume_services.services.scheduling.service import SchedulingService

LAB_FLOWS = (
    *("source", "double", "add", "several", "total", "no_json"),
    *("meet", "wait", "once", "told"),
)


@pytest.fixture
def scheduling() -> SchedulingService:
    return config.current().scheduling


@pytest.fixture
def text_flows(scheduling: SchedulingService) -> SchedulingService:
    for name in ("flow1", "flow2", "flow3"):
        scheduling.register_flow(f"{TEXT_EXAMPLE / 'flows.py'}:{name}", "test")
    return scheduling


@pytest.fixture
def lab_flows(scheduling: SchedulingService) -> SchedulingService:
    file = Path(__file__).with_name("lab_flows.py")
    for name in LAB_FLOWS:
        scheduling.register_flow(f"{file}:{name}", "lab")
    return scheduling


@pytest.fixture
def composition() -> Any:
    """Return a function that makes a specification of lab flows and their mappings."""

    def make(**flows: dict[str, Any]) -> dict[str, Any]:
        listed = [
            {
                "name": name.replace("_", "-"),
                "project_name": "lab",
                "mapped_parameters": {
                    parameter: {"parent_project_name": "lab", **mapping}
                    for parameter, mapping in mappings.items()
                },
            }
            for name, mappings in flows.items()
        ]
        return {"name": "composed", "project_name": "lab", "composing_flows": listed}

    return make
