"""Makes the databases of a stack and their users; runs in a container before the services.

May run again at any time, and gives the users the passwords that stand in the settings.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lume_services.errors import LumeServicesError
from lume_services.services.stack.contents import SERVER, SUPERUSER, WORKER


class Database(NamedTuple):
    """A database with a user of its own."""

    kind: str
    host: str
    port: int
    name: str
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> Database:
        """Return what a URL names."""
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        name = parts.path.removeprefix("/")
        return cls(parts.scheme, parts.hostname or "", parts.port or 0, name, user, password)


def prepare(folder: Path) -> None:
    """Make what is missing.

    Parameters
    ----------
    folder
        Where the superuser's password is, and the settings of server and worker if they are in
        files; else they are environment variables.
    """
    password = (folder / SUPERUSER).read_text(encoding="utf-8")
    for url in _in_files(folder) if (folder / SERVER).exists() else _in_environment():
        database = Database.of(url)
        if database.kind == "mongodb":
            from lume_services.services.stack import mongodb

            mongodb.make(database, password)
        else:
            from lume_services.services.stack import postgresql

            postgresql.make(database, password)


def _in_files(folder: Path) -> tuple[str, str]:
    server = tomllib.loads((folder / SERVER).read_text(encoding="utf-8"))
    worker = tomllib.loads((folder / WORKER).read_text(encoding="utf-8"))
    return server["prefect"]["database_url"], worker["results_db"]["url"]


def _in_environment() -> tuple[str, str]:
    return os.environ["LUME_PREFECT__DATABASE_URL"], os.environ["LUME_RESULTS_DB__URL"]


def main() -> int:
    """Prepare what the secrets of this container name; return the exit code."""
    try:
        prepare(Path("/run/secrets"))
    except LumeServicesError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
