"""What text formats can hold: nested dictionaries and lists of plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lume_services.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 100


def check_plain(value: object, leaves: tuple[type, ...], holder: str) -> None:
    """Raise `InputError` with the place of the first value that would not come back the same.

    Parameters
    ----------
    value
        The whole document.
    leaves
        Types of the values that the format holds.
    holder
        Name of the file type, for the message.
    """
    ancestors: list[int] = []
    stack: list[tuple[str, Any, bool]] = [("", value, False)]
    while stack:
        place, node, leaving = stack.pop()
        if leaving:
            ancestors.pop()
        elif type(node) in (dict, list):
            _check_nesting(place, node, ancestors, holder)
            ancestors.append(id(node))
            stack.append((place, node, True))
            stack.extend((where, child, False) for where, child in _children(place, node, holder))
        elif type(node) not in leaves:
            names = ", ".join(leaf.__name__ for leaf in leaves)
            raise InputError(
                f"{_at(place)} is of type {_name(node)}, which a {holder} cannot hold; it holds "
                f"dict, list and {names}. Convert it, or use another file type."
            )


def _children(place: str, node: Any, holder: str) -> Iterable[tuple[str, object]]:
    if type(node) is list:
        return [(f"{place}[{index}]", child) for index, child in enumerate(node)]
    for key in node:
        if type(key) is not str:
            raise InputError(
                f"{_at(place)} has the key {key!r} of type {_name(key)}; "
                f"the keys of a {holder} are str."
            )
    return [(f"{place}.{key}" if place else key, child) for key, child in node.items()]


def _check_nesting(place: str, node: object, ancestors: list[int], holder: str) -> None:
    if id(node) in ancestors:
        raise InputError(f"{_at(place)} holds itself; a {holder} cannot.")
    if len(ancestors) >= MAX_DEPTH:
        raise InputError(
            f"{_at(place[:80])} is nested deeper than the {MAX_DEPTH} levels that a {holder} holds."
        )


def _at(place: str) -> str:
    return f"the value at {place!r}" if place else "the value"


def _name(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
