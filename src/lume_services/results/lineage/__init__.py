"""What a result was made from, and what was made from it, over results and files."""

from __future__ import annotations

from lume_services.results.lineage.graph import Lineage, jsonable, lineage
from lume_services.results.lineage.walk import Node

__all__ = ["Lineage", "Node", "jsonable", "lineage"]
