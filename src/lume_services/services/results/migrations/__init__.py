"""Steps that bring the tables of an older version up to date."""

from __future__ import annotations

from importlib import import_module

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from lume_services.services.results.sql_tables import SCHEMA_VERSION, schema


def migrate(connection: Connection, version: int) -> None:
    """Take the steps from a version to the present one.

    Parameters
    ----------
    connection
        In a transaction that no other process can disturb, and that undoes all if it fails.
    version
        That the tables have.
    """
    operations = Operations(MigrationContext.configure(connection))
    for number in range(version + 1, SCHEMA_VERSION + 1):
        import_module(f"{__name__}.to_version_{number}").upgrade(operations)
    connection.execute(schema.update().values(version=SCHEMA_VERSION))
