"""Flows by name, and flows composed of flows."""

from __future__ import annotations

from lume_services.flows.flow import Flow
from lume_services.flows.flow_of_flows import FlowOfFlows
from lume_services.flows.parameters import FlowParameter
from lume_services.flows.resumption import Resumption

__all__ = ["Flow", "FlowOfFlows", "FlowParameter", "Resumption"]
