"""Checks a flow's parameters before anything runs."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from lume_services.errors import ParameterError
from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.compatibility import clash
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.registry import FlowRecord

if TYPE_CHECKING:
    from prefect import Flow

_SHOWN = 60
_TRUTH_VALUES = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0"})


def as_parameters(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return parameters as a dictionary of their own.

    Raises
    ------
    ParameterError
        If they are no mapping, or a name is no text.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        kind = type(given).__name__
        raise ParameterError(f"parameters are of type {kind}; give a dictionary of values by name.")
    keys: list[object] = list(given)
    names = [repr(key) for key in keys if not isinstance(key, str)]
    if names:
        raise ParameterError(f"parameter names must be text; these are not: {', '.join(names)}.")
    return dict(given)


def check_parameters(record: FlowRecord, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that a flow cannot be started with.

    Parameters
    ----------
    record
        The flow.
    parameters
        Values by parameter name.

    Raises
    ------
    ParameterError
        Naming every unknown, missing and not JSON-serialisable parameter.
    """
    properties = record.parameters.get("properties", {})
    problems = [
        *_unknown(parameters, list(properties)),
        *_missing(parameters, record.parameters.get("required", [])),
        *_not_json(parameters),
        *_ill_typed(parameters, record.parameters),
    ]
    if problems:
        raise ParameterError(
            f"flow {record.name!r}: " + "; ".join(each.rstrip(".") for each in problems)
        )


def check_types(flow: Flow[..., Any], parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that do not fit the flow's annotations.

    Parameters
    ----------
    flow
        The flow.
    parameters
        Values by parameter name; those that are missing are not looked at.

    Raises
    ------
    ParameterError
        Naming every such parameter, what it is and what was expected.
    """
    if not flow.should_validate_parameters:
        return
    try:
        hints = _hints(flow.fn)
    except (NameError, TypeError):  # left to the engine, which has more ways to resolve a name
        return
    problems = [
        f"parameter {name!r} is {_shown(value)}: {problem}"
        for name, value in parameters.items()
        if name in hints
        for problem in _misfits(hints[name], value)
    ]
    if problems:
        raise ParameterError(f"flow {flow.name!r}: " + "; ".join(problems))


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function's parameters, those of ``**options`` as a dictionary."""
    hints = typing.get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        if name in hints and parameter.kind is parameter.VAR_POSITIONAL:
            hints[name] = GenericAlias(list, (hints[name],))
        elif name in hints and parameter.kind is parameter.VAR_KEYWORD:
            hints[name] = GenericAlias(dict, (str, hints[name]))
    return hints


def _misfits(hint: Any, value: Any) -> list[str]:
    from pydantic import (
        PydanticSchemaGenerationError,
        PydanticUserError,
        TypeAdapter,
        ValidationError,
    )

    try:
        TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        return [_place(each["loc"]) + each["msg"] for each in error.errors(include_url=False)]
    except (PydanticSchemaGenerationError, PydanticUserError):  # a type that pydantic does not know
        return []
    return []


def _place(location: tuple[int | str, ...]) -> str:
    return f"at {'.'.join(map(str, location))}: " if location else ""


def _unknown(parameters: Mapping[str, Any], known: list[str]) -> list[str]:
    unknown = [name for name in parameters if name not in known]
    return [f"unknown parameter {name!r}, {hint(name, known)}" for name in unknown]


def _missing(parameters: Mapping[str, Any], required: list[str]) -> list[str]:
    names = [repr(name) for name in required if name not in parameters]
    if not names:
        return []
    plural = "s" if len(names) > 1 else ""
    return [f"missing required parameter{plural} {', '.join(names)} (-p NAME=VALUE gives one)"]


def _not_json(parameters: Mapping[str, Any]) -> list[str]:
    problems = []
    for name, value in parameters.items():
        problem = jsonable.find_problem(value)
        if problem is not None:
            problems.append(
                f"parameter {name!r} is not JSON-serialisable: {problem}; pass a file reference "
                "(save_file) or a database reference (save_db_result) instead"
            )
    return problems


def _ill_typed(parameters: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    definitions = {"definitions": schema.get("definitions", {})}
    problems = []
    for name, value in parameters.items():
        wanted = schema.get("properties", {}).get(name, {})
        found = clash({"const": value}, {**wanted, **definitions})
        if found is None or (isinstance(value, str) and _reads_as(value, found[1])):
            continue
        quoted = f" (as text: -p '{name}=\"{value}\"')" if "string" in found[1] else ""
        problems.append(f"parameter {name!r} is {_shown(value)}, expected {found[1]}{quoted}")
    return problems


def _reads_as(text: str, wanted: str) -> bool:
    """Whether Prefect takes a text for a number or a truth value."""
    if "boolean" in wanted and text.lower() in _TRUTH_VALUES:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return "integer" in wanted or "number" in wanted


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
