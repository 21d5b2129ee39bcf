"""What a pydantic model refuses, in words for the author of a file."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.schema.source import Problem, Steps

UNKNOWN_KEY = "extra_forbidden"

_EXPECTED = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "tuple_type": "expected a list",
}


def model_problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return one problem for each place that a model refuses.

    Parameters
    ----------
    error
        What validation raised.
    model
        The model that was validated against.
    """
    problems: dict[Steps, Problem] = {}
    for details in error.errors(include_url=False):
        # Of a list whose items are refused pydantic also says that it is too short.
        if details["type"] == "too_short" and details["input"]:
            continue
        problem = _problem(details, model)
        # A union reports each of its members; the place is the same and one report enough.
        problems.setdefault(problem.steps, problem)
    return list(problems.values())


def _problem(details: ErrorDetails, model: type[BaseModel]) -> Problem:
    steps, is_union = _place(details["loc"])
    last = str(steps[-1]) if steps else ""
    if details["type"] == UNKNOWN_KEY:
        message = f"unknown key {last!r}; {hint(last, _keys_at(model, steps[:-1]))}"
        return Problem(steps, message, at_key=True, kind=UNKNOWN_KEY)
    if details["type"] == "missing":
        return Problem(steps[:-1], f"key {last!r} is missing; add it.", at_key=True)
    if is_union:
        return Problem(steps, f"{_label(steps)} is {_shown(details)}; {_UNION}")
    return Problem(steps, f"{_label(steps)} is {_complaint(details)}.")


# The one union of the model is a step of attribute_index.
_UNION = "expected text or a whole number."


def _complaint(details: ErrorDetails) -> str:
    kind, given = details["type"], details["input"]
    if kind == "literal_error":
        return f"{given!r}; expected {details['ctx']['expected']}"
    if kind == "string_pattern_mismatch":
        return f"{given!r}; a name is not empty and has none of / % & < >"
    if kind == "too_short":
        return "empty; list at least one"
    quotes = isinstance(given, (bool, int, float)) and kind == "string_type"
    expected = _EXPECTED.get(kind, details["msg"]) + ("; put it in quotes" if quotes else "")
    return f"{_shown(details)}; {expected}"


def _shown(details: ErrorDetails) -> str:
    given = details["input"]
    if given is None:
        return "empty"
    return repr(given) if isinstance(given, (bool, int, float, str)) else type(given).__name__


def _label(steps: Steps) -> str:
    if not steps:
        return "the specification"
    return f"{steps[-2]}[{steps[-1]}]" if isinstance(steps[-1], int) else steps[-1]


def _place(steps: Steps) -> tuple[Steps, bool]:
    """Drop the member's type that pydantic puts behind a union's place: (..., 0, 'int')."""
    if len(steps) > 1 and isinstance(steps[-2], int) and steps[-1] in ("str", "int"):
        return steps[:-1], True
    return steps, False


def _keys_at(model: type[BaseModel], steps: Steps) -> list[str]:
    annotation: Any = model
    for step in steps:
        if get_origin(annotation) is None:
            annotation = annotation.model_fields[str(step)].annotation
        else:
            arguments = get_args(annotation)
            annotation = arguments[1 if get_origin(annotation) is dict else 0]
    return list(annotation.model_fields)
