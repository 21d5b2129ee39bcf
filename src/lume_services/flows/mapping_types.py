"""Whether the annotated types on the two ends of a mapping can agree."""

from __future__ import annotations

from lume_services.services.scheduling.compatibility import Schema, at_index, clash
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.schema.flow_of_flows_schema import MappedParameter

_REFERENCE: Schema = {"type": "object"}
SAVED_BY = {"file": "save_file", "db": "save_db_result"}


def type_problem(
    mapping: MappedParameter, parent: FlowRecord, child: FlowRecord, parameter: str
) -> str | None:
    """Return what cannot agree, or None; only a certain clash counts.

    Parameters
    ----------
    mapping
        The mapping.
    parent, child
        The flow that it takes from and the flow that it gives to.
    parameter
        The child's parameter.
    """
    given = _given(mapping, parent)
    wanted = _parameter(child, parameter)
    target = f"parameter {parameter!r} of flow {child.name!r}"
    if mapping.map_type == "raw":
        found = _clash(mapping, at_index(given, mapping.attribute_index or ()), wanted)
        return found and f"{producer(mapping)} returns {found[0]}, but {target} takes {found[1]}."
    found = _clash(mapping, given, _REFERENCE)
    if found:
        saved_by = SAVED_BY[mapping.map_type]
        return (
            f"{producer(mapping)} returns {found[0]}, but a {mapping.map_type} mapping needs the "
            f"reference that {saved_by} returns; name that task, or use map_type raw."
        )
    if mapping.map_type == "file" or not mapping.attribute_index:
        found = clash(_REFERENCE, wanted)
    return found and (
        f"a {mapping.map_type} mapping hands on a reference (object), "
        f"but {target} takes {found[1]}."
    )


def _clash(mapping: MappedParameter, given: Schema, wanted: Schema) -> tuple[str, str] | None:
    found = clash(given, wanted)
    if found and mapping.parent_task_name is not None:
        # A task that runs several times gives a list, and how often is known at run time only.
        several: Schema = {**given, "type": "array", "items": given}
        return found if clash(several, wanted) else None
    return found


def _given(mapping: MappedParameter, parent: FlowRecord) -> Schema:
    if mapping.parent_task_name is None:
        return parent.returns or {}
    named = (task for task in parent.tasks if task.name == mapping.parent_task_name)
    return next(named).returns or {}


def _parameter(record: FlowRecord, name: str) -> Schema:
    definitions = record.parameters.get("definitions", {})
    schema: Schema = record.parameters["properties"][name]
    return {"definitions": definitions, **schema}


def producer(mapping: MappedParameter) -> str:
    """Say whose result a mapping takes."""
    if mapping.parent_task_name is None:
        return f"flow {mapping.parent_flow_name!r}"
    return f"task {mapping.parent_task_name!r} of flow {mapping.parent_flow_name!r}"
