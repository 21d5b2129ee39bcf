"""Task runs as Prefect's task engine reports them: by events."""

from __future__ import annotations

import sqlite3
from typing import Any

from lume_services.services.scheduling.local_api import task_runs

JSON = dict[str, Any]

_TASK_RUN = "prefect.task-run."


def record(db: sqlite3.Connection, event: JSON) -> None:
    """Write what an event says of a task run; other events are dropped."""
    resource = event.get("resource", {})
    identifier = str(resource.get("prefect.resource.id", ""))
    if not identifier.startswith(_TASK_RUN) or "task_run" not in event.get("payload", {}):
        return
    payload = event["payload"]
    state = {
        "id": event["id"],
        "timestamp": event["occurred"],
        **payload["validated_state"],
    }
    task_run = {
        "id": identifier.removeprefix(_TASK_RUN),
        "flow_run_id": _related_flow_run(event),
        "created": event["occurred"],
        "updated": event["occurred"],
        "start_time": None,
        "end_time": None,
        **payload["task_run"],
        "state": state,
    }
    task_runs.save(db, task_run, task_name=_task_name(task_run))


def _related_flow_run(event: JSON) -> str | None:
    for related in event.get("related", []):
        if related.get("prefect.resource.role") == "flow-run":
            return str(related["prefect.resource.id"]).removeprefix("prefect.flow-run.")
    return None


def _task_name(task_run: JSON) -> str:
    # A task run is called "name-1f3", with the beginning of its key, unless its author named it.
    given: str = task_run["name"]
    name, _, suffix = given.rpartition("-")
    return name if name and task_run["dynamic_key"].startswith(suffix) else given
