"""The tables of the SQL store, and the version of their schema."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from lume_services.errors import StoreUnavailableError
from lume_services.services.results.strict import KEYS

SCHEMA_VERSION = 1

_metadata = MetaData()

results = Table(
    "results",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text, nullable=False) for name in KEYS),
    Column("data", Text, nullable=False),
    UniqueConstraint("unique_hash"),
    UniqueConstraint("flow_id", "project_name"),
    Index("results_by_project", "project_name"),
    # Numbers of deleted rows must not come again, as they give the order of insertion.
    sqlite_autoincrement=True,
)
links = Table(
    "links",
    _metadata,
    Column("link", Text, primary_key=True),
    Column(
        "result_id",
        ForeignKey("results.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    sqlite_with_rowid=False,
)
indexed_paths = Table("indexed_paths", _metadata, Column("path", Text, primary_key=True))
_schema = Table("results_schema", _metadata, Column("version", Integer, primary_key=True))


def key_columns() -> dict[str, Column[Any]]:
    """Return the columns that repeat a document's keys, by key."""
    return {name: results.c[name] for name in KEYS}


def prepare(connection: Connection, name: str) -> None:
    """Make the tables if they are missing; refuse those of a newer version.

    Parameters
    ----------
    connection
        In a transaction that keeps other processes from doing the same.
    name
        How errors call the database.
    """
    _metadata.create_all(connection)
    version = connection.scalar(select(_schema.c.version))
    if version is None:
        connection.execute(insert(_schema).values(version=SCHEMA_VERSION))
    elif version > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"the results database {name} has schema version {version}, this version of "
            f"lume-services knows up to {SCHEMA_VERSION}: install a newer lume-services"
        )
