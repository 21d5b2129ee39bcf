"""The small part of Prefect's REST API that a flow engine asks for, over the history.

Paths and bodies are those of Prefect's server (its ``/docs`` page lists them).
Whatever is not here needs a real server, and says so with status 501.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from lume_services.services.scheduling.local_api import events, flow_runs, logs, task_runs
from lume_services.services.scheduling.local_api.history import History

NEEDS_SERVER = (
    "this needs a Prefect server, and the local backend has none: schedules, work pools, "
    "automations, blocks and pausing from outside work on a server backend (LUME_BACKEND)"
)

Handler = Callable[[Request], Awaitable[Response]]


def build(history: History, auth_string: str) -> ASGIApp:
    """Return the ASGI application.

    Parameters
    ----------
    history
        Where runs are kept.
    auth_string
        The secret that each request must bring, as Prefect's clients do.
    """
    app = Starlette(routes=_routes(Endpoints(history, auth_string)))
    return _Guard(app, auth_string)


class Endpoints:
    """One method for each request that is answered."""

    def __init__(self, history: History, auth_string: str) -> None:
        self._history = history
        self._auth_string = auth_string

    async def health(self, request: Request) -> Response:
        """Say that the API is up."""
        return JSONResponse(True)

    async def version(self, request: Request) -> Response:
        """Tell the API version of this Prefect."""
        from prefect.client.constants import SERVER_API_VERSION

        return JSONResponse(SERVER_API_VERSION)

    async def no_csrf(self, request: Request) -> Response:
        """Say that no CSRF token is wanted."""
        return _error(422, "CSRF protection is disabled.")

    async def no_default_storage(self, request: Request) -> Response:
        """Say that no block is the default result storage."""
        return JSONResponse({"default_result_storage_block_id": None})

    async def create_flow(self, request: Request) -> Response:
        """Make a flow, or find the one of that name."""
        body = await request.json()
        with self._history.transaction() as db:
            return JSONResponse(flow_runs.flow_id(db, body["name"]), 201)

    async def read_flow(self, request: Request) -> Response:
        """Return a flow."""
        with self._history.reading() as db:
            return _found(flow_runs.flow_name(db, request.path_params["id"]))

    async def create_flow_run(self, request: Request) -> Response:
        """Make a flow run."""
        body = await request.json()
        with self._history.transaction() as db:
            return JSONResponse(flow_runs.create(db, body), 201)

    async def read_flow_run(self, request: Request) -> Response:
        """Return a flow run."""
        with self._history.reading() as db:
            return _found(flow_runs.read(db, request.path_params["id"]))

    async def update_flow_run(self, request: Request) -> Response:
        """Change fields of a flow run."""
        body = await request.json()
        with self._history.transaction() as db:
            found = flow_runs.update(db, request.path_params["id"], body)
        return Response(status_code=204) if found else _found(None)

    async def update_flow_run_labels(self, request: Request) -> Response:
        """Add labels to a flow run."""
        labels = await request.json()
        with self._history.transaction() as db:
            run = flow_runs.read(db, request.path_params["id"])
            if run is None:
                return _found(None)
            flow_runs.update(db, run["id"], {"labels": {**run["labels"], **labels}})
        return Response(status_code=204)

    async def set_flow_run_state(self, request: Request) -> Response:
        """Answer a proposed state of a flow run."""
        body = await request.json()
        with self._history.transaction() as db:
            answer = flow_runs.set_state(
                db, request.path_params["id"], body["state"], bool(body.get("force"))
            )
        return _found(answer, 201)

    async def filter_flow_runs(self, request: Request) -> Response:
        """Find the child runs that task runs stand for."""
        body = await request.json()
        wanted = (body.get("flow_runs") or {}).get("parent_task_run_id") or {}
        parents = wanted.get("any_")
        if not parents:
            return _error(501, NEEDS_SERVER)
        with self._history.reading() as db:
            found = list(flow_runs.children(db, parents))
        offset = body.get("offset") or 0
        return JSONResponse(found[offset : offset + (body.get("limit") or 200)])

    async def create_task_run(self, request: Request) -> Response:
        """Make the task run that stands for a child flow."""
        body = await request.json()
        with self._history.transaction() as db:
            task_run, is_new = task_runs.create(db, body)
        return JSONResponse(task_run, 201 if is_new else 200)

    async def read_task_run(self, request: Request) -> Response:
        """Return a task run."""
        with self._history.reading() as db:
            return _found(task_runs.read(db, request.path_params["id"]))

    async def create_logs(self, request: Request) -> Response:
        """Keep log lines."""
        lines = await request.json()
        with self._history.transaction() as db:
            logs.add(db, lines)
        return Response(status_code=201)

    async def receive_events(self, websocket: WebSocket) -> None:
        """Take the events of tasks that run in other processes."""
        await websocket.accept(subprotocol="prefect")
        message = await websocket.receive_json()
        if not _equal(str(message.get("token")), self._auth_string):
            await websocket.close(code=1008, reason="wrong token")
            return
        await websocket.send_json({"type": "auth_success"})
        try:
            while True:
                event = await websocket.receive_json()
                with self._history.transaction() as db:
                    events.record(db, event)
        except WebSocketDisconnect:
            return


def _routes(to: Endpoints) -> list[Route | WebSocketRoute]:
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/health", to.health),
        ("GET", "/version", to.version),
        ("GET", "/admin/version", to.version),
        ("GET", "/csrf-token", to.no_csrf),
        ("GET", "/admin/storage", to.no_default_storage),
        ("POST", "/flows/", to.create_flow),
        ("GET", "/flows/{id}", to.read_flow),
        ("POST", "/flow_runs/", to.create_flow_run),
        ("POST", "/flow_runs/filter", to.filter_flow_runs),
        ("GET", "/flow_runs/{id}", to.read_flow_run),
        ("PATCH", "/flow_runs/{id}", to.update_flow_run),
        ("PATCH", "/flow_runs/{id}/labels", to.update_flow_run_labels),
        ("POST", "/flow_runs/{id}/set_state", to.set_flow_run_state),
        ("POST", "/task_runs/", to.create_task_run),
        ("GET", "/task_runs/{id}", to.read_task_run),
        ("POST", "/logs/", to.create_logs),
    ]
    routes: list[Route | WebSocketRoute] = [
        Route(f"/api{path}", handler, methods=[method]) for method, path, handler in table
    ]
    routes.append(WebSocketRoute("/api/events/in", to.receive_events))
    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    routes.append(Route("/{path:path}", _needs_server, methods=methods))
    return routes


class _Guard:
    """Lets only those in who know the secret."""

    def __init__(self, app: ASGIApp, auth_string: str) -> None:
        self._app = app
        self._expected = "Basic " + base64.b64encode(auth_string.encode()).decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            headers = dict(scope["headers"])
            given = headers.get(b"authorization", b"").decode("latin-1")
            if not _equal(given, self._expected):
                await _error(401, "Unauthorized")(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _needs_server(request: Request) -> Response:
    return _error(501, f"{request.method} {request.url.path}: {NEEDS_SERVER}")


def _found(document: Any, status: int = 200) -> Response:
    return _error(404, "not found") if document is None else JSONResponse(document, status)


def _error(status: int, message: str) -> Response:
    return JSONResponse({"detail": message, "exception_message": message}, status)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
