"""Whether a value that fits one JSON schema can fit another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_ALL = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_OF_VALUE = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def clash(given: Schema, wanted: Schema) -> tuple[str, str] | None:
    """Return what is given and what is wanted, in words, where no value can be both.

    Only a certain clash counts: what a schema leaves open fits everything.

    Parameters
    ----------
    given
        Schema of the value, with its definitions.
    wanted
        Schema of the place it goes to, with its definitions.
    """
    try:
        return _clash(given, wanted)
    except RecursionError:  # a type that is made of nothing but itself
        return None


def _clash(given: Schema, wanted: Schema) -> tuple[str, str] | None:
    have, want = _types(given, given), _types(wanted, wanted)
    if not _accepted(have) & want:
        return _words(have), _words(want)
    if _accepted(have) & want <= {"array"}:
        items = _clash(_items(given), _items(wanted))
        return items and (f"array of {items[0]}", f"array of {items[1]}")
    return None


def at_index(schema: Schema, index: Sequence[str | int]) -> Schema:
    """Return the schema of a part of a value; an empty one where it is not known.

    Parameters
    ----------
    schema
        Schema of the value, with its definitions.
    index
        Steps into the value.
    """
    part: Any = schema
    for step in index:
        part = _resolved(part, schema)
        key, inner = ("items", None) if isinstance(step, int) else ("properties", step)
        part = part.get(key, {})
        part = part.get(inner, {}) if inner is not None and isinstance(part, Mapping) else part
        if not isinstance(part, Mapping):
            return {}
    return _with_definitions(part, schema)


def _accepted(types: frozenset[str]) -> frozenset[str]:
    """Widen by what Python and JSON treat as the same: 1 is a number, 1.0 an integer."""
    numbers = {"integer", "number"}
    return types | numbers if types & (numbers | {"boolean"}) else types


def _types(schema: Schema, root: Schema) -> frozenset[str]:
    schema = _resolved(schema, root)
    kinds = _ALL
    if "type" in schema:
        named = schema["type"]
        kinds &= frozenset([named] if isinstance(named, str) else named)
    for values in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if values is not None:
            kinds &= frozenset(_type_of(value) for value in values)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            kinds &= frozenset().union(*(_types(member, root) for member in schema[keyword]))
    for member in schema.get("allOf", ()):
        kinds &= _types(member, root)
    return kinds


def _type_of(value: Any) -> str:
    return _OF_VALUE.get(type(value), "array" if isinstance(value, list) else "object")


def _items(schema: Schema) -> Schema:
    items = _resolved(schema, schema).get("items", {})
    return _with_definitions(items if isinstance(items, Mapping) else {}, schema)


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follow references; one that leads nowhere leaves everything open."""
    for _ in range(len(root) + 10):
        if not isinstance(schema, Mapping):  # JSON schema's ``true``
            return {}
        reference = schema.get("$ref")
        if reference is None:
            return schema
        part: Any = root
        for step in str(reference).removeprefix("#/").split("/"):
            part = part.get(step, {}) if isinstance(part, Mapping) else {}
        schema = part
    return {}


def _with_definitions(part: Schema, root: Schema) -> Schema:
    return {**{key: root[key] for key in ("$defs", "definitions") if key in root}, **part}


def _words(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "nothing"
