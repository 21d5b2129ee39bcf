"""Makes the user of a database of MongoDB; the database comes with its first document."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lume_services.errors import ContainerError

if TYPE_CHECKING:
    from lume_services.services.stack.prepare import Database

_SECONDS_TO_START = 120.0
_NO_SUCH_USER = 11


def make(database: Database, superuser: str) -> None:
    """Make a user who reads and writes a database; give an existing one the password.

    Waits for a server that is just being started.

    Parameters
    ----------
    database
        What to make.
    superuser
        Password of ``root``.

    Raises
    ------
    ContainerError
        If the server cannot be reached or refuses.
    """
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    client: MongoClient[dict[str, Any]] = MongoClient(
        database.host, database.port, username="root", password=superuser
    )
    deadline = time.monotonic() + _SECONDS_TO_START
    with client:
        while True:
            try:
                return _make(client, database)
            except PyMongoError as error:
                if time.monotonic() > deadline:
                    raise ContainerError(
                        f"MongoDB at {database.host}:{database.port} did not make the user "
                        f"{database.user!r}: {error}; see docker logs of the service mongodb"
                    ) from None
                time.sleep(1)


def _make(client: Any, database: Database) -> None:
    from pymongo.errors import OperationFailure

    roles = [{"role": "readWrite", "db": database.name}]
    place, options = client[database.name], {"pwd": database.password, "roles": roles}
    try:
        place.command("updateUser", database.user, **options)
    except OperationFailure as error:
        if error.code != _NO_SUCH_USER:
            raise
        place.command("createUser", database.user, **options)
