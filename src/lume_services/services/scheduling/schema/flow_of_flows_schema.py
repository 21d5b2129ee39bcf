"""The flow-of-flows configuration: which flows run, and how results become parameters."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)

from lume_services.services.scheduling.schema.model_problems import UNKNOWN_KEY, model_problems
from lume_services.services.scheduling.schema.source import Problem, Source, Steps, read

# Prefect forbids these characters in the name of a flow.
Name = Annotated[StrictStr, Field(pattern=r"^[^/%&<>]+$")]
# A key with nothing behind it in YAML is null; it means the same as no key.
_empty = BeforeValidator(lambda value: {} if value is None else value)
_none = BeforeValidator(lambda value: () if value is None else value)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MappedParameter(_Model):
    """Where a flow's parameter comes from.

    Parameters
    ----------
    parent_flow_name, parent_project_name
        A flow listed before this one.
    parent_task_name
        The task whose result is taken; without it, the flow's return value.
    map_type
        ``raw``: the result itself. ``file``: the result is a file's reference, which
        is handed on. ``db``: the result is a database result's reference.
    attribute_index
        Steps into the result. Of a ``db`` mapping, into the loaded database result;
        without it, the reference is handed on.
    """

    parent_flow_name: Name
    parent_project_name: Name
    parent_task_name: StrictStr | None = None
    map_type: Literal["raw", "file", "db"] = "raw"
    attribute_index: tuple[StrictStr | StrictInt, ...] | None = None


class ComposingFlow(_Model):
    """One flow of a flow-of-flows."""

    name: Name
    project_name: Name
    mapped_parameters: Annotated[dict[str, MappedParameter], _empty] = Field(default_factory=dict)


class FlowOfFlowsSpecification(_Model):
    """A flow-of-flows: its flows in order, parents before the flows that use their results."""

    name: Name
    project_name: Name
    labels: Annotated[tuple[StrictStr, ...], _none] = ()
    composing_flows: tuple[ComposingFlow, ...] = Field(min_length=1)


class Reading(NamedTuple):
    """A specification as read: what it says, where it says it, and its faults of form.

    ``specification`` is None where the faults leave nothing to examine further.
    """

    specification: FlowOfFlowsSpecification | None
    source: Source
    problems: list[Problem]


def read_specification(source: Path | str | Mapping[str, Any]) -> Reading:
    """Read a specification and find its faults of form, all at once.

    Parameters
    ----------
    source
        Path of a YAML file, YAML text, or a mapping.

    Raises
    ------
    SpecificationError
        If the source is no single YAML document without duplicate keys.
    """
    read_source = read(source)
    specification, problems = _validate(read_source.data)
    if problems:
        # Without what is ill-formed the rest can be examined in the same pass.
        remaining = _without(read_source.data, map(_left_out, problems))
        specification, _ = _validate(remaining)
    return Reading(specification, read_source, problems)


def _validate(data: Any) -> tuple[FlowOfFlowsSpecification | None, list[Problem]]:
    try:
        return FlowOfFlowsSpecification.model_validate(data), []
    except ValidationError as error:
        return None, model_problems(error, FlowOfFlowsSpecification)


def _left_out(problem: Problem) -> Steps:
    """Return the least that a specification can do without so that the problem is gone."""
    steps = problem.steps
    if problem.kind == UNKNOWN_KEY:
        return steps
    if steps[2:3] == ("mapped_parameters",):
        return steps[:4]
    return steps[:1] if steps[:1] == ("labels",) else ()


def _without(data: Any, places: Iterable[Steps]) -> Any:
    data = copy.deepcopy(data)
    # The deepest first: a place may lie inside another one.
    for *parents, key in sorted(filter(None, places), key=len, reverse=True):
        # An alias repeats one mapping in several places; a key that is no text is told as text.
        with suppress(KeyError):
            inner = data
            for step in parents:
                inner = inner[step]
            inner.pop(key, None)
    return data
