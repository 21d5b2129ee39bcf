"""Picking a part of a value by a list of names and indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from lume_services.errors import InputError

_NAMES_SHOWN = 12


def pick(value: Any, attribute_index: Sequence[str | int]) -> Any:
    """Follow an index into a value, step by step.

    A step is a mapping's key, a field of an object (not its methods or private
    names), or a whole number into a sequence or an array.

    Raises
    ------
    InputError
        If a step leads nowhere; the message says what was there.
    """
    if isinstance(attribute_index, str) or not isinstance(attribute_index, Sequence):
        raise InputError(
            f"attribute_index is {attribute_index!r}; "
            "give a list of names and numbers, for example ['outputs', 'x', 0]."
        )
    for position, step in enumerate(attribute_index):
        try:
            value = _step(value, step)
        except _NothingThereError as there:
            raise InputError(
                f"attribute_index {list(attribute_index)!r}: no {step!r} at "
                f"{_where(attribute_index[:position])}, which is {there}."
            ) from None
    return value


class _NothingThereError(Exception):
    """A step leads nowhere; the text says what is there instead."""


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping):
        if step in value:
            return value[step]
        raise _NothingThereError(f"a mapping with {_listed(value)}")
    if isinstance(step, int) and not isinstance(value, (str, bytes)):
        return _item(value, step)
    fields = _fields(value)
    if isinstance(step, str) and step in fields:
        return getattr(value, step)
    raise _NothingThereError(
        f"{type(value).__name__} with {_listed(fields)}" if fields else type(value).__name__
    )


def _item(value: Any, step: int) -> Any:
    try:
        return value[step]
    except (IndexError, KeyError):
        raise _NothingThereError(f"{type(value).__name__} of length {len(value)}") from None
    except TypeError:
        raise _NothingThereError(type(value).__name__) from None


def _fields(value: Any) -> list[str]:
    """Names of the data that an object shows: model or dataclass fields, or its own attributes."""
    declared: Any = (
        getattr(type(value), "model_fields", None)
        or getattr(type(value), "__dataclass_fields__", None)
        or getattr(value, "__dict__", ())
    )
    return [name for name in declared if not name.startswith("_")]


def _listed(names: Iterable[Any]) -> str:
    shown = [repr(name) for name in islice(names, _NAMES_SHOWN + 1)]
    if len(shown) > _NAMES_SHOWN:
        shown[_NAMES_SHOWN] = "..."
    return ", ".join(shown) or "nothing in it"


def _where(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step!r}]" for step in steps) or "the top"
