"""Members of enumerations that the user's own code has registered."""

from __future__ import annotations

from enum import Enum, Flag
from typing import Any, TypeVar

from lume_services.results.codec.leaves import searched
from lume_services.results.codec.walk import Decoder, Walk

_EnumType = TypeVar("_EnumType", bound=type[Enum])

_registered: dict[str, type[Enum]] = {}


def register_enum(cls: _EnumType) -> _EnumType:
    """Let documents hold members of an enumeration; usable as a class decorator.

    Parameters
    ----------
    cls
        Known in documents as ``module.qualified_name``, so that a program which
        reads them has to import the same module.
    """
    _registered[_name(cls)] = cls
    return cls


def encode(value: Any, walk: Walk) -> Any:
    """Encode a member of a registered enumeration; None for any other value."""
    if not isinstance(value, Enum):
        return None
    cls = type(value)
    if _registered.get(_name(cls)) is not cls:
        raise walk.refused(
            f"is a member of the enumeration {_name(cls)}, which is not registered",
            "decorate the class with lume_services.results.codec.register_enum, or save .value",
        )
    plain = value.value if type(value.value) in (bool, int, float, str) else None
    exact = {"number": walk(plain)} if isinstance(value, Flag) else {"member": value.name}
    shown = walk(plain)
    tag = {"@lume": "enum", "class": _name(cls), **exact}
    return searched(tag, None if isinstance(shown, dict) else shown)


def _decode_enum(tag: dict[str, Any], walk: Walk) -> Enum:
    cls = _registered.get(tag["class"])
    if cls is None:
        raise walk.malformed(
            f"the enumeration {tag['class']!r} is not registered; import the module that "
            "decorates it with lume_services.results.codec.register_enum"
        )
    return cls(walk(tag["number"])) if "number" in tag else cls[tag["member"]]


def _name(cls: type[Enum]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


DECODERS: dict[str, Decoder] = {"enum": _decode_enum}
