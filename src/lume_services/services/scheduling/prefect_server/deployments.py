"""A registered flow as a Prefect deployment: the same facts in two forms.

What a deployment has no field for stands in its parameter schema under a key of ours,
where Prefect, its UI and JSON schema leave it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lume_services.services.scheduling.code.storage import as_document, of_document
from lume_services.services.scheduling.registry import FlowRecord, TaskRecord

EXTENSION = "x-lume-services"
DEFAULT_QUEUE = "default"
_SEPARATOR = ","


def fields(record: FlowRecord) -> dict[str, Any]:
    """Return what a deployment says of a flow.

    Parameters
    ----------
    record
        The flow.
    """
    extension = {
        "name": record.name,
        "entrypoint": record.entrypoint,
        "image": record.image,
        "labels": list(record.labels),
        "tasks": [{"name": task.name, "returns": task.returns} for task in record.tasks],
        "returns": record.returns,
        "package": record.package,
        "version": record.version,
        "storage": as_document(record.storage),
    }
    return {
        "name": record.project_name,
        "entrypoint": _prefect_entrypoint(record.entrypoint),
        "description": record.description,
        "version": record.version,
        "tags": sorted(record.labels),
        "work_queue_name": queue(record.labels),
        "parameter_openapi_schema": {**record.parameters, EXTENSION: extension},
    }


def _prefect_entrypoint(entrypoint: str) -> str:
    """Return an entrypoint as Prefect writes it: a module's without a colon."""
    place, _, attribute = entrypoint.rpartition(":")
    return entrypoint if place.endswith(".py") else f"{place}.{attribute}"


def record_in(deployment: Mapping[str, Any]) -> FlowRecord | None:
    """Return the flow that a deployment holds; None if it is none of ours."""
    schema = dict(deployment["parameter_openapi_schema"] or {})
    extension = schema.pop(EXTENSION, None)
    if extension is None:
        return None
    return FlowRecord(
        **{
            **extension,
            "project_name": deployment["name"],
            "description": deployment["description"],
            "parameters": schema,
            "labels": tuple(extension["labels"]),
            "tasks": tuple(TaskRecord(**task) for task in extension["tasks"]),
            "storage": of_document(extension.get("storage")),
        }
    )


def queue(labels: Iterable[str]) -> str:
    """Return the name of the work queue of the runs that need these labels."""
    return _SEPARATOR.join(sorted(set(labels))) or DEFAULT_QUEUE


def labels_of(queue_name: str) -> frozenset[str]:
    """Return the labels that the runs of a work queue need."""
    return frozenset() if queue_name == DEFAULT_QUEUE else frozenset(queue_name.split(_SEPARATOR))
