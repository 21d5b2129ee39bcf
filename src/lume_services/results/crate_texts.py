"""What an RO-Crate says of a result in words, and where its flow's source is."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def source_file(entrypoint: str | None) -> Path | None:
    """Return the file of the module that an entrypoint names; None if it is not here."""
    place = (entrypoint or "").rpartition(":")[0]
    try:
        spec = None if place.endswith(".py") or not place else importlib.util.find_spec(place)
    except (ImportError, ValueError):
        return None
    path = Path(place if spec is None else spec.origin or "")
    return path if path.suffix == ".py" and path.is_file() else None


def made_by(fields: Mapping[str, Any]) -> str:
    """Return what made a result."""
    flow = fields["flow_name"]
    return f"flow {flow} in project {fields['project_name']}" if flow else "a script"


def versions(fields: Mapping[str, Any]) -> str:
    """Return where a result was made, and with which versions."""
    made = fields["provenance"] or {}
    parts = {
        "package": fields["package"],
        "version": fields["version"],
        "commit": made.get("commit"),
        "image": made.get("image"),
        "host": fields["host"],
    }
    text = ", ".join(f"{name} {value}" for name, value in parts.items() if value)
    return f"{text}, with changes that no commit holds" if made.get("dirty") else text
