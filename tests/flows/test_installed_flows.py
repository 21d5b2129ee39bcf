"""Flows that an installed package offers need no registering."""

from __future__ import annotations

import sys

import pytest

from lume_services.errors import SpecificationError
from lume_services.flows import Flow, FlowOfFlows

MODULE = """
from prefect import flow, task

@task
def half(x: float) -> float:
    return x / 2

@flow(name="halve-it")
def halve(x: float) -> float:
    return half(x)
"""


@pytest.fixture
def installed_flow(tmp_path, monkeypatch):
    """A distribution that offers the flow ``halve``."""
    site = tmp_path / "site"
    metadata = site / "halves-1.5.dist-info"
    metadata.mkdir(parents=True)
    (site / "halves.py").write_text(MODULE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: halves\nVersion: 1.5\n")
    (metadata / "entry_points.txt").write_text("[orchestration]\nhalve = halves:halve\n")
    monkeypatch.syspath_prepend(str(site))
    yield "halve"
    sys.modules.pop("halves", None)


def specification(name: str) -> dict[str, object]:
    flows = [{"name": "source", "project_name": "lab"}]
    mapped = {"x": {"parent_flow_name": "source", "parent_project_name": "lab"}}
    flows.append({"name": name, "project_name": "anywhere", "mapped_parameters": mapped})
    return {"name": "composed", "project_name": "lab", "composing_flows": flows}


def test_in_a_flow_of_flows(lab_flows, installed_flow):
    flow_of_flows = FlowOfFlows.from_yaml(specification(installed_flow))
    assert flow_of_flows.run_and_return({"source-x": 3.0}) == {"source": 3.0, "halve": 1.5}


def test_by_name(installed_flow):
    flow = Flow(installed_flow, "anywhere")
    assert flow.tasks == ("half",)
    assert flow.run_and_return({"x": 5.0}) == 2.5


def test_a_name_that_nobody_offers(lab_flows, installed_flow):
    with pytest.raises(SpecificationError, match=r"no flow 'halves' .*did you mean 'halve'"):
        FlowOfFlows.from_yaml(specification("halves"))
