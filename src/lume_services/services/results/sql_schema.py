"""Making the tables of the SQL store, and bringing those of older versions up to date."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from lume_services.errors import StoreUnavailableError
from lume_services.services.results.query import parse_path
from lume_services.services.results.sql_dialect import Dialect, Engines
from lume_services.services.results.sql_tables import (
    SCHEMA_VERSION,
    create_indexes,
    indexed_paths,
    metadata,
    schema,
)

# What results are listed by all day.
NEWEST = "created"


def prepare(engines: Engines, dialect: Dialect, name: str, user: str | None) -> None:
    """Make the tables if they are missing; migrate older ones, and refuse newer ones.

    Parameters
    ----------
    engines, dialect
        The database.
    name, user
        How errors call it, and who is connected.
    """
    with engines.reading_once.begin() as connection:
        version = _version(connection)
    if version is None or version < SCHEMA_VERSION:
        try:
            # Asked again where no other process can be at it.
            with engines.writing.begin() as connection:
                dialect.lock_schema(connection)
                version = _version(connection)
                _make_or_migrate(connection, dialect, version)
        except DBAPIError as error:
            if dialect.is_forbidden(error):
                raise _not_by(user, name, version, error) from error
            raise
    if version is not None and version > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"the results database {name} has schema version {version}, this version of "
            f"lume-services knows up to {SCHEMA_VERSION}: install a newer lume-services"
        )


def _not_by(
    user: str | None, name: str, version: int | None, error: DBAPIError
) -> StoreUnavailableError:
    refusal, *_ = str(error.orig).splitlines()
    lacks = (
        f"has no tables yet, and {user} may not make them"
        if version is None
        else f"has schema version {version}, and {user} may not bring it to version "
        f"{SCHEMA_VERSION}"
    )
    return StoreUnavailableError(
        f"the results database {name} {lacks} ({refusal}): let the owner of the database run "
        "`lume-services config check` with this version of lume-services"
    )


def add_index(connection: Connection, dialect: Dialect, path: str) -> None:
    """Add an index for a path, unless it is there."""
    dialect.lock_schema(connection)
    known = select(indexed_paths.c.path).where(indexed_paths.c.path == path)
    if connection.scalar(known) is None:
        dialect.prepare_indexing(connection)
        connection.execute(insert(indexed_paths).values(path=path))
        create_indexes(connection, path, dialect.columns.index_terms(parse_path(path)))
        dialect.gather_statistics(connection)


def _version(connection: Connection) -> int | None:
    """Return the version of the tables, None where there are none."""
    if not inspect(connection).has_table(schema.name):
        return None
    return connection.scalar(select(schema.c.version))


def _make_or_migrate(connection: Connection, dialect: Dialect, version: int | None) -> None:
    if version is None:
        metadata.create_all(connection)
        dialect.complete_tables(connection)
        create_indexes(connection, NEWEST, dialect.columns.index_terms((NEWEST,)))
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))
    elif version < SCHEMA_VERSION:
        from lume_services.services.results.migrations import migrate

        migrate(connection, version)
