"""Concurrency limits: there are none, which is what the engine is told.

The engine asks for the limit of every tag of a task. A name without a limit holds nobody
up, here as on a server; making a limit is refused, since it would not hold for the other
programs of this computer.
"""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

from lume_services.services.scheduling.local_api.answers import JSON, Answer, error, route

_REFUSAL = (
    "the local backend keeps no concurrency or rate limits: bound what runs at once by the "
    "task runner, for example ThreadPoolTaskRunner(max_workers=2), or use a server backend "
    "(LUME_BACKEND)"
)


def _acquire(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(200, [])


def _acquire_with_lease(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return Answer(200, {"lease_id": str(uuid.uuid4()), "limits": []})


def _refuse(db: sqlite3.Connection, at: JSON, body: Any) -> Answer:
    return error(501, _REFUSAL)


ROUTES = [
    route("POST", "/v2/concurrency_limits/increment", _acquire),
    route("POST", "/v2/concurrency_limits/increment-with-lease", _acquire_with_lease),
    route("POST", "/v2/concurrency_limits/", _refuse),
    route("POST", "/concurrency_limits/", _refuse),
]
