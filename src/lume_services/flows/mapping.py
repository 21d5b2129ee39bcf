"""From a flow's result to the parameter of another flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lume_services.errors import LumeServicesError, ParameterError
from lume_services.flows.mapping_types import SAVED_BY, producer
from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.schema.flow_of_flows_schema import MappedParameter
from lume_services.tasks.attributes import pick
from lume_services.tasks.functions import load_db_result

_REFERENCE_KEYS = {"file": {"file_type", "filename"}, "db": {"result_type", "unique_hash"}}


def map_value(mapping: MappedParameter, result: Any, parameter: str, flow_name: str) -> Any:
    """Return the value of a mapped parameter.

    Parameters
    ----------
    mapping
        The mapping.
    result
        What the parent's task, or the parent itself, returned.
    parameter, flow_name
        The parameter and its flow, for messages.

    Raises
    ------
    ParameterError
        If the result is not of the mapping's kind, has no such part, or the part is
        not JSON-serialisable.
    """
    target = f"parameter {parameter!r} of flow {flow_name!r}"
    if mapping.map_type == "raw":
        value = _part(pick, mapping, result, target)
    else:
        _require_reference(mapping, result, target)
        value = result
        if mapping.map_type == "db" and mapping.attribute_index:
            value = _each(result, lambda rep: _part(load_db_result, mapping, rep, target))
    problem = jsonable.find_problem(value)
    if problem is not None:
        raise ParameterError(
            f"{target}: {producer(mapping)} gives {problem}{_index(mapping)}, but a flow's "
            "parameter must be JSON. Let the parent save a list or a number (x.tolist(), "
            "float(x)), or hand on the reference (a db mapping without attribute_index, or a "
            "file mapping) and load it in the flow."
        )
    return value


def _part(take: Callable[..., Any], mapping: MappedParameter, result: Any, target: str) -> Any:
    try:
        return take(result, mapping.attribute_index or ())
    except LumeServicesError as error:
        raise ParameterError(f"{target}: {producer(mapping)}: {error}") from error


def _require_reference(mapping: MappedParameter, result: Any, target: str) -> None:
    kind, keys = mapping.map_type, _REFERENCE_KEYS[mapping.map_type]
    for reference in result if isinstance(result, list) else [result]:
        if not isinstance(reference, dict) or not keys <= reference.keys():
            raise ParameterError(
                f"{target}: {producer(mapping)} returned {_shown(reference)}, but a {kind} mapping "
                f"needs the reference that {SAVED_BY[kind]} returns; name the task that saves, or "
                "use map_type raw."
            )


def _each(result: Any, load: Callable[[Any], Any]) -> Any:
    """Apply to each of a list: a task that ran several times gave several references."""
    return [load(item) for item in result] if isinstance(result, list) else load(result)


def _index(mapping: MappedParameter) -> str:
    if not mapping.attribute_index:
        return ""
    return f" (attribute_index {list(mapping.attribute_index)!r})"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dictionary with {', '.join(map(repr, list(value)[:6])) or 'nothing in it'}"
    return "nothing" if value is None else jsonable.type_name(value)
