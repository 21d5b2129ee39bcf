"""Run accelerator models as Prefect flows, from a laptop to a cluster.

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lume_services.config import configure
    from lume_services.errors import LumeServicesError
    from lume_services.files import File
    from lume_services.flows import Flow, FlowOfFlows
    from lume_services.flows.engine import local_engine
    from lume_services.results import Result
    from lume_services.results.finding.results import Results
    from lume_services.services.scheduling.service import SchedulingService
    from lume_services.settings import LUMEServicesSettings

__version__ = "0.1.0"

_HOMES = {
    "File": "lume_services.files",
    "Flow": "lume_services.flows",
    "FlowOfFlows": "lume_services.flows",
    "LUMEServicesSettings": "lume_services.settings",
    "LumeServicesError": "lume_services.errors",
    "Result": "lume_services.results",
    "Results": "lume_services.results.finding.results",
    "SchedulingService": "lume_services.services.scheduling.service",
    "configure": "lume_services.config",
    "local_engine": "lume_services.flows.engine",
}

__all__ = [
    "File",
    "Flow",
    "FlowOfFlows",
    "LUMEServicesSettings",
    "LumeServicesError",
    "Result",
    "Results",
    "SchedulingService",
    "configure",
    "local_engine",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
