"""What an RO-Crate says of a result in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
