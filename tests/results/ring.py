"""A flow-of-flows whose results make a lineage with a diamond in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lume_services import config
from lume_services.flows import FlowOfFlows
from lume_services.services.results.db import Document

FLOWS = Path(__file__).with_name("ring_flows.py")
PROJECT = "ring"


def run(**parameters: Any) -> str:
    """Run it; return the run's identifier."""
    scheduling = config.current().scheduling
    for name in ("optics", "track", "tunes", "compare"):
        scheduling.register_flow(f"{FLOWS}:{name}", PROJECT)
    run_id = FlowOfFlows.from_yaml(_specification()).run(parameters)
    scheduling.require_completed(run_id)
    return run_id


def documents() -> dict[str, Document]:
    """Return the results that were saved, by their flows' names."""
    found = config.current().results_db.find({"project_name": PROJECT})
    return {document["flow_name"]: document for document in found}


def _specification() -> dict[str, Any]:
    orbit = {"parent_task_name": "save_orbit", "map_type": "file"}
    measured = {
        "parent_task_name": "save_result",
        "map_type": "db",
        "attribute_index": ["outputs", "q"],
    }
    mappings = {
        "optics": {},
        "track": {"q": _from("optics")},
        "tunes": {"orbit": _from("track", **orbit)},
        "compare": {"measured": _from("tunes", **measured), "expected": _from("optics")},
    }
    flows = [
        {"name": name, "project_name": PROJECT, "mapped_parameters": mapped}
        for name, mapped in mappings.items()
    ]
    return {"name": "tune study", "project_name": PROJECT, "composing_flows": flows}


def _from(flow: str, **rest: Any) -> dict[str, Any]:
    return {"parent_flow_name": flow, "parent_project_name": PROJECT, **rest}
