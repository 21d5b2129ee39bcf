"""The small part of Prefect's REST API that a flow engine asks for, over the history.

Paths and bodies are those of Prefect's server (its ``/docs`` page lists them). Each
endpoint is a plain function of a transaction, the path's parameters and the body; who
calls it, over HTTP or in the same process, is no matter here. Whatever is missing needs
a real server, and says so with status 501.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from lume_services.services.scheduling.local_api import (
    artifacts,
    flow_runs,
    limits,
    logs,
    task_runs,
    variables,
)
from lume_services.services.scheduling.local_api.answers import (
    JSON,
    Answer,
    Endpoint,
    error,
    found,
    route,
)
from lume_services.services.scheduling.local_api.history import History

NEEDS_SERVER = (
    "this needs a Prefect server, and the local backend has none: schedules, work pools, "
    "automations, blocks and pausing from outside work on a server backend (LUME_BACKEND); "
    "give a flow its secrets in environment variables"
)

IN_BACKGROUND = (
    "running a task in the background (delay, apply_async) needs a Prefect server and a process "
    "that serves the task, and the local backend has none: use submit or map in a flow"
)


class Api:
    """Answers requests.

    Parameters
    ----------
    history
        Where runs are kept.
    """

    def __init__(self, history: History) -> None:
        self.history = history

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request.

        Parameters
        ----------
        method, path
            For example ``"POST"`` and ``"/flow_runs/"``.
        body
            JSON, or nothing.
        """
        return self.call(method, path, json.loads(body) if body else None)

    def call(self, method: str, path: str, content: Any) -> Answer:
        """Answer one request whose body has been read.

        Parameters
        ----------
        method, path
            As in `answer`.
        content
            What the body holds.
        """
        for expected, pattern, endpoint in _ROUTES:
            fit = pattern.fullmatch(path) if method == expected else None
            if fit is not None:
                do = self.history.reading if method == "GET" else self.history.transaction
                return do(_with(endpoint, fit.groupdict(), content))
        return error(501, f"{method} {path}: {NEEDS_SERVER}")


def _with(endpoint: Endpoint, at: JSON, body: Any) -> Callable[[sqlite3.Connection], Answer]:
    return lambda db: endpoint(db, at, body)


def _health(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(200, True)


def _version(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    from prefect.client.constants import SERVER_API_VERSION

    return Answer(200, SERVER_API_VERSION)


def _no_csrf(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return error(422, "CSRF protection is disabled.")


def _no_default_storage(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(200, {"default_result_storage_block_id": None})


def _create_flow(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(201, flow_runs.flow_id(db, body["name"]))


def _read_flow(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return found(flow_runs.flow_name(db, at["id"]))


def _create_flow_run(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(201, flow_runs.create(db, body))


def _read_flow_run(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return found(flow_runs.read(db, at["id"]))


def _update_flow_run(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(204) if flow_runs.update(db, at["id"], body) else found(None)


def _update_labels(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    run = flow_runs.read(db, at["id"])
    if run is None:
        return found(None)
    flow_runs.update(db, run["id"], {"labels": {**run["labels"], **body}})
    return Answer(204)


def _set_state(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    answer = flow_runs.set_state(db, at["id"], body["state"], bool(body.get("force")))
    return found(answer, 201)


def _filter_flow_runs(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    """Find the child runs that task runs stand for: all that a flow engine asks."""
    parents = ((body.get("flow_runs") or {}).get("parent_task_run_id") or {}).get("any_")
    if not parents:
        return error(501, f"filtering flow runs: {NEEDS_SERVER}")
    offset = body.get("offset") or 0
    runs = list(flow_runs.children(db, parents))
    return Answer(200, runs[offset : offset + (body.get("limit") or 200)])


def _create_task_run(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    if (body.get("state") or {}).get("type") == "SCHEDULED":
        return error(501, IN_BACKGROUND)
    task_run, is_new = task_runs.create(db, body)
    return Answer(201 if is_new else 200, task_run)


def _read_task_run(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return found(task_runs.read(db, at["id"]))


def _create_logs(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    logs.add(db, body)
    return Answer(201)


_ROUTES = [
    route("POST", "/flow_runs/{id}/set_state", _set_state),
    route("GET", "/flow_runs/{id}", _read_flow_run),
    route("POST", "/flow_runs/", _create_flow_run),
    route("PATCH", "/flow_runs/{id}", _update_flow_run),
    route("PATCH", "/flow_runs/{id}/labels", _update_labels),
    route("POST", "/flow_runs/filter", _filter_flow_runs),
    route("POST", "/flows/", _create_flow),
    route("GET", "/flows/{id}", _read_flow),
    route("POST", "/task_runs/", _create_task_run),
    route("GET", "/task_runs/{id}", _read_task_run),
    route("POST", "/logs/", _create_logs),
    route("GET", "/admin/storage", _no_default_storage),
    route("GET", "/health", _health),
    route("GET", "/version", _version),
    route("GET", "/admin/version", _version),
    route("GET", "/csrf-token", _no_csrf),
    *variables.ROUTES,
    *artifacts.ROUTES,
    *limits.ROUTES,
]
