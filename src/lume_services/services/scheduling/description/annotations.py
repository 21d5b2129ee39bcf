"""Annotations as JSON schemas."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any


def return_schema(function: Callable[..., Any]) -> dict[str, Any] | None:
    """Return the JSON schema of a function's annotated return value; None when unknown."""
    try:
        hints = typing.get_type_hints(inspect.unwrap(function), include_extras=True)
    except Exception:  # noqa: BLE001 - an annotation is an expression of the author's
        return None
    return _annotation_schema(hints["return"]) if "return" in hints else None


def _annotation_schema(annotation: Any) -> dict[str, Any] | None:
    from pydantic import TypeAdapter

    try:
        schema = TypeAdapter(annotation).json_schema(mode="serialization")
    except Exception:  # noqa: BLE001 - types bring their own schema code
        return None
    return schema or None
