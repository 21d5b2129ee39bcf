"""What a flow takes, calls and returns, found from its code without running it."""

from __future__ import annotations

from lume_services.services.scheduling.description.annotations import return_schema
from lume_services.services.scheduling.description.flow import Description, describe

__all__ = ["Description", "describe", "return_schema"]
