"""What a run's flow and tasks returned, kept on the server as artifacts of the run.

Prefect keeps what a task returned only where persistence is on, and its cache then
reuses the results of repeated reads. An artifact is a JSON document of a run in the
server's database: it needs no shared disk, and whoever reaches the server can read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.run import RunError, RunResults, Value

RESULTS = "lume-results"
ERROR = "lume-error"
FLOW = "flow"

TASK_LABEL = "lume.task"
"""Has a task run's task name, which Prefect does not keep."""


def entry(producer: str, name: str, value: Any, problem: str | None) -> dict[str, Any]:
    """Return what is kept of one returned value.

    Parameters
    ----------
    producer
        Identifier of the task run, or ``FLOW``.
    name
        Name of the task or flow.
    value, problem
        The JSON value, or what in it has no JSON form.
    """
    return {"producer": producer, "name": name, "value": value, "problem": problem}


def read_results(server: PrefectServer, run_id: str) -> RunResults:
    """Return what a run's flow and tasks returned."""
    found: dict[str, Mapping[str, Any]] = {}
    for artifact in _artifacts(server, RESULTS, [run_id]):
        for each in artifact["data"]:
            found.setdefault(each["producer"], each)
    flow = found.pop(FLOW, None)
    # Prefect names task runs by identifiers that increase with time.
    tasks = tuple((found[key]["name"], _value(found[key])) for key in sorted(found))
    return RunResults(returned=None if flow is None else _value(flow), tasks=tasks)


def read_errors(server: PrefectServer, run_ids: Iterable[str]) -> dict[str, RunError]:
    """Return the exceptions that ended runs, the last of each, by run."""
    found: dict[str, RunError] = {}
    for artifact in _artifacts(server, ERROR, list(run_ids)):
        found.setdefault(artifact["flow_run_id"], RunError(**artifact["data"]))
    return found


def _artifacts(server: PrefectServer, kind: str, run_ids: list[str]) -> Iterable[dict[str, Any]]:
    """Give the artifacts of runs, newest first."""
    wanted = {"type": {"any_": [kind]}, "flow_run_id": {"any_": run_ids}}
    body = {"artifacts": wanted, "sort": "CREATED_DESC"}
    return server.filter("artifacts", body) if run_ids else ()


def _value(found: Mapping[str, Any]) -> Value:
    return Value(value=found["value"], problem=found["problem"])


def keep(server: PrefectServer, run_id: str, entries: list[dict[str, Any]]) -> None:
    """Keep what was returned in a run."""
    server.post("/artifacts/", {"type": RESULTS, "flow_run_id": run_id, "data": entries})


def keep_error(
    server: PrefectServer, run_id: str, error: BaseException, trace: str, task_name: str | None
) -> None:
    """Keep the exception that ends a run."""
    data = {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": trace,
        "task_name": task_name,
    }
    server.post("/artifacts/", {"type": ERROR, "flow_run_id": run_id, "data": data})
