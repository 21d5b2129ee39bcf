"""The parameters of a flow, for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FlowParameter:
    """A parameter of a flow.

    Parameters
    ----------
    name
        Its name.
    type
        Its JSON type, for example ``"string"`` or ``"integer or null"``; ``"any"`` where
        it is not annotated.
    required
        Whether the flow cannot run without it.
    default
        Its value otherwise; None also where the default has no JSON form.
    """

    name: str
    type: str
    required: bool
    default: Any = None

    @property
    def default_text(self) -> str | None:
        """The default as JSON; None where it is required."""
        return None if self.required else json.dumps(self.default, ensure_ascii=False)


def flow_parameters(schema: Mapping[str, Any]) -> tuple[FlowParameter, ...]:
    """Return the parameters that a JSON schema describes, in the order of the flow's signature.

    Parameters
    ----------
    schema
        The ``parameters`` of a flow's record.
    """
    required = schema.get("required", ())
    return tuple(
        FlowParameter(name, _words(part), name in required, part.get("default"))
        for name, part in schema.get("properties", {}).items()
    )


def _words(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    members = schema.get("anyOf") or schema.get("allOf")
    if members:
        return " or ".join(dict.fromkeys(_words(member) for member in members))
    if "enum" in schema:
        return " or ".join(map(repr, schema["enum"]))
    kind = schema.get("type", "any")
    if kind == "array" and schema.get("items"):
        return f"array of {_words(schema['items'])}"
    return str(kind)
