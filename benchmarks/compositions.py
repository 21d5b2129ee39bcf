"""Flow-of-flows of any size, of the flows in ``programs/many_flows.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lume_services import config

PROJECT = "bench"
KIND = "halving"
FLOWS = Path(__file__).parent / "programs" / "many_flows.py"


def register(*names: str) -> None:
    for name in names:
        config.current().scheduling.register_flow(f"{FLOWS}:{name}", PROJECT)


def register_many(count: int, kind: str = KIND) -> None:
    register(*(f"{kind}{i}" for i in range(count)))


def independent(count: int, kind: str = KIND) -> dict[str, Any]:
    """Return flows that need nothing of each other."""
    return _specification([_flow(i, {}, kind) for i in range(count)])


def chain(count: int) -> dict[str, Any]:
    """Return flows that each take the result of the one before."""
    return _specification([_flow(i, {"x": i - 1} if i else {}) for i in range(count)])


def tree(count: int) -> dict[str, Any]:
    """Return flows of which all but the first take two results."""
    parents = [dict.fromkeys("xy", i // 2) if i else {} for i in range(count)]
    return _specification([_flow(i, each) for i, each in enumerate(parents)])


def _flow(position: int, parents: dict[str, int], kind: str = KIND) -> dict[str, Any]:
    mapped = {
        parameter: {
            "parent_flow_name": f"{kind}{parent}",
            "parent_project_name": PROJECT,
            "parent_task_name": "half",
        }
        for parameter, parent in parents.items()
    }
    return {"name": f"{kind}{position}", "project_name": PROJECT, "mapped_parameters": mapped}


def _specification(flows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "composed", "project_name": PROJECT, "composing_flows": flows}
