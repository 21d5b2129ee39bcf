"""Database results: typed documents, their codec and their provenance."""

from __future__ import annotations

from lume_services.results.codec import register_enum
from lume_services.results.result import Result

__all__ = ["Result", "register_enum"]
