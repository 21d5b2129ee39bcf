"""Records of flows that nobody runs, for tests of plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lume_services.services.scheduling.registry import FlowRecord, TaskRecord

TEXT_EXAMPLE = Path(__file__).parents[2] / "examples" / "text"

Records = dict[tuple[str, str], FlowRecord]

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
REFERENCE: dict[str, Any] = {"type": "object", "additionalProperties": True}


def flow_record(
    name: str,
    parameters: dict[str, dict[str, Any]] | None = None,
    tasks: dict[str, dict[str, Any] | None] | None = None,
    *,
    required: tuple[str, ...] = (),
    returns: dict[str, Any] | None = None,
    project: str = "test",
    definitions: dict[str, Any] | None = None,
) -> FlowRecord:
    schema = {
        "type": "object",
        "properties": parameters or {},
        "required": list(required),
        "definitions": definitions or {},
    }
    found = tuple(TaskRecord(task, schema) for task, schema in (tasks or {}).items())
    return FlowRecord(name, project, f"m:{name}", parameters=schema, tasks=found, returns=returns)


def by_name(*records: FlowRecord) -> Records:
    return {(record.project_name, record.name): record for record in records}


TEXT_FLOWS = by_name(
    flow_record(
        "flow1",
        {"text1": TEXT, "text2": {**TEXT, "default": "x"}},
        {"join": TEXT, "count": {"type": "integer"}, "save_text_file": REFERENCE, "load": None},
        required=("text1",),
        returns=NUMBER,
    ),
    flow_record(
        "flow2",
        {"file_rep": REFERENCE, "text": TEXT},
        {"save_db_result": REFERENCE},
        required=("file_rep",),
    ),
    flow_record("flow3", {"text1": TEXT, "text2": TEXT}, required=("text1", "text2")),
    flow_record("other", project="elsewhere"),
)
