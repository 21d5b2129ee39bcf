"""Makes a database of PostgreSQL, and the user who owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lume_services.errors import ContainerError

if TYPE_CHECKING:
    from psycopg import Connection

    from lume_services.services.stack.prepare import Database


def make(database: Database, superuser: str) -> None:
    """Make a database and its user where they are not there; give the user the password.

    Parameters
    ----------
    database
        What to make.
    superuser
        Password of ``postgres``.

    Raises
    ------
    ContainerError
        If the server cannot be reached or refuses.
    """
    import psycopg

    try:
        with psycopg.connect(
            host=database.host,
            port=database.port,
            user="postgres",
            password=superuser,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            _make(connection, database)
    except psycopg.Error as error:
        raise ContainerError(
            f"PostgreSQL at {database.host}:{database.port} did not make the database "
            f"{database.name!r}: {str(error).strip()}; see docker logs of the service database"
        ) from None


def _make(connection: Connection, database: Database) -> None:
    from psycopg import sql

    user, name = sql.Identifier(database.user), sql.Identifier(database.name)
    if not _has(connection, "SELECT FROM pg_roles WHERE rolname = %s", database.user):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(user))
    password = sql.Literal(database.password)
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, password))
    if not _has(connection, "SELECT FROM pg_database WHERE datname = %s", database.name):
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, user))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def _has(connection: Connection, query: str, value: str) -> bool:
    return connection.execute(query, [value]).fetchone() is not None
