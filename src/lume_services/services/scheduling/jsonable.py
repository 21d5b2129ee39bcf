"""Whether a value is JSON as it stands, and where it is not."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """The first place in a value that JSON cannot hold."""

    path: str
    type_name: str

    def __str__(self) -> str:
        return f"{self.type_name} at {self.path}" if self.path else self.type_name


def find_problem(value: Any, path: str = "") -> Problem | None:
    """Return the first place that has no JSON form, or None if the value is JSON.

    Parameters
    ----------
    value
        Any object. Dictionaries with text keys, lists, tuples, text, finite
        numbers, booleans and None are JSON.
    path
        Prefix of the reported path.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else Problem(path, f"the number {value}")
    if isinstance(value, dict):
        return _first(_dict_items(value, path))
    if isinstance(value, (list, tuple)):
        return _first((find_problem(item, f"{path}[{i}]")) for i, item in enumerate(value))
    return Problem(path, type_name(value))


def type_name(value: object) -> str:
    """Return the name of a value's type, with its module unless it is built in."""
    kind = type(value)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _dict_items(value: dict[Any, Any], path: str) -> Any:
    for key, item in value.items():
        if not isinstance(key, str):
            yield Problem(path, f"a dictionary key of type {type_name(key)}")
        else:
            yield find_problem(item, f"{path}.{key}" if path else key)


def _first(problems: Any) -> Problem | None:
    return next((problem for problem in problems if problem is not None), None)
