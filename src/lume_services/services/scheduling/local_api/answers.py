"""What an endpoint of the embedded API is and gives."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

PREFIX = "/api"

JSON = dict[str, Any]


class Answer(NamedTuple):
    """Status and JSON body of a response; ``...`` stands for no body."""

    status: int
    document: Any = ...

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the response."""
        return {} if self.document is ... else {"Content-Type": "application/json"}

    @property
    def body(self) -> bytes:
        """Body of the response."""
        return b"" if self.document is ... else json.dumps(self.document).encode()


Endpoint = Callable[[sqlite3.Connection, JSON, Any], Answer]


class Route(NamedTuple):
    """Which requests an endpoint answers."""

    method: str
    path: re.Pattern[str]
    endpoint: Endpoint


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """Return a route; ``{name}`` in its path is one segment, given to the endpoint."""
    return Route(method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)), endpoint)


def error(status: int, message: str) -> Answer:
    """Return an error in the form that Prefect's clients show."""
    return Answer(status, {"detail": message, "exception_message": message})


def found(document: Any, status: int = 200) -> Answer:
    """Return a document, or 404 for None."""
    return error(404, "not found") if document is None else Answer(status, document)
