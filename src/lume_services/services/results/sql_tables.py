"""The tables of the SQL store, and the version of their schema."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from lume_services.services.results.query import Path
from lume_services.services.results.strict import KEYS

SCHEMA_VERSION = 2

metadata = MetaData()

# Texts are ordered by code point.
_text = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite counts up its own integers only.
_number = BigInteger().with_variant(Integer, "sqlite")

results = Table(
    "results",
    metadata,
    Column("id", _number, Identity(), primary_key=True),
    *(Column(name, _text, nullable=False) for name in KEYS),
    Column("data", Text, nullable=False),
    UniqueConstraint("unique_hash"),
    UniqueConstraint("flow_id", "project_name"),
    # Numbers of deleted rows must not come again, as they give the order of insertion.
    sqlite_autoincrement=True,
)
links = Table(
    "links",
    metadata,
    Column("link", _text, primary_key=True),
    Column(
        "result_id",
        _number,
        ForeignKey(results.c.id, ondelete="CASCADE"),
        primary_key=True,
        index=True,
        autoincrement=False,
    ),
    sqlite_with_rowid=False,
)
indexed_paths = Table("indexed_paths", metadata, Column("path", _text, primary_key=True))
schema = Table(
    "results_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)


def key_column(path: Path) -> Column[str] | None:
    """Return the column that repeats what stands at a path, if there is one."""
    return results.c[path[0]] if len(path) == 1 and path[0] in KEYS else None


def create_indexes(connection: Connection, path: str, terms: Sequence[str]) -> None:
    """Create the indexes for a path, of all documents and of those of each project.

    Parameters
    ----------
    connection
        In a transaction.
    path
        Named in the names of the indexes by its hash, which any database can take.
    terms
        What they order by.
    """
    name, ordered = hashlib.sha256(path.encode()).hexdigest()[:16], ", ".join([*terms, "id"])
    for index, columns in (("at", ordered), ("of_project_at", f"project_name, {ordered}")):
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS results_{index}_{name} ON results ({columns})",
            # Else a driver would look for parameters in the path.
            execution_options={"no_parameters": True},
        )
