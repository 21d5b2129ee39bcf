"""Checks a flow's parameters before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lume_services.errors import ParameterError
from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.registry import FlowRecord

if TYPE_CHECKING:
    from prefect import Flow


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
    ]
    if problems:
        raise ParameterError(
            f"flow {record.name!r}: " + "; ".join(each.rstrip(".") for each in problems)
        )


def check_types(flow: Flow[..., Any], parameters: Mapping[str, Any]) -> None:
    """Refuse parameters whose types do not fit the flow's annotations.

    Raises
    ------
    ParameterError
        With the parameter, the value and what was expected.
    """
    if not flow.should_validate_parameters:
        return
    from prefect.exceptions import ParameterTypeError

    try:
        flow.validate_parameters(dict(parameters))
    except ParameterTypeError as error:
        raise ParameterError(f"flow {flow.name!r}: {error}") from error


def _unknown(parameters: Mapping[str, Any], known: list[str]) -> list[str]:
    unknown = [name for name in parameters if name not in known]
    return [f"unknown parameter {name!r}, {hint(name, known)}" for name in unknown]


def _missing(parameters: Mapping[str, Any], required: list[str]) -> list[str]:
    names = [repr(name) for name in required if name not in parameters]
    return [f"missing required parameter {', '.join(names)}"] if names else []


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
