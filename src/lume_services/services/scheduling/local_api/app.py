"""The embedded API over HTTP: for asynchronous flows, other threads and other processes."""

from __future__ import annotations

import base64
import hmac
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from lume_services.services.scheduling.local_api import events
from lume_services.services.scheduling.local_api.answers import PREFIX, Answer, error
from lume_services.services.scheduling.local_api.endpoints import Api


def build(api: Api, auth_string: str) -> ASGIApp:
    """Return the ASGI application.

    Parameters
    ----------
    api
        What answers.
    auth_string
        The secret that each request must bring, as Prefect's clients do.
    """

    async def answer(request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        return _response(api.answer(request.method, path, await request.body()))

    async def receive_events(websocket: WebSocket) -> None:
        await _receive_events(websocket, api, auth_string)

    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    routes = [
        WebSocketRoute(f"{PREFIX}/events/in", receive_events),
        Route("/{path:path}", answer, methods=methods),
    ]
    return _Guard(Starlette(routes=routes), auth_string)


async def _receive_events(websocket: WebSocket, api: Api, auth_string: str) -> None:
    """Take the events of tasks that run in other processes."""
    await websocket.accept(subprotocol="prefect")
    if not _equal(await _token(websocket), auth_string):
        await websocket.close(code=1008, reason="wrong token")
        return
    await websocket.send_json({"type": "auth_success"})
    try:
        while True:
            event = await websocket.receive_json()
            api.history.transaction(partial(events.record, event=event))
    except WebSocketDisconnect:
        return


async def _token(websocket: WebSocket) -> str:
    """Return the secret that the first message of a socket brings, or nothing."""
    try:
        message = await websocket.receive_json()
    except (ValueError, KeyError):  # no JSON, or no text
        return ""
    return str(message.get("token")) if isinstance(message, dict) else ""


class _Guard:
    """Lets only those in who know the secret."""

    def __init__(self, app: ASGIApp, auth_string: str) -> None:
        self._app = app
        self._expected = "Basic " + base64.b64encode(auth_string.encode()).decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            header = dict(scope["headers"]).get(b"authorization")
            # Clients before Prefect 3.8.3 bring it in the first message of the socket only.
            later = header is None and scope["type"] == "websocket"
            if not later and not _equal((header or b"").decode("latin-1"), self._expected):
                await _response(error(401, "Unauthorized"))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
