"""What becomes of statements that fail in the SQLite database of a Prefect server."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import create_async_engine

from lume_services.services.scheduling.prefect_server.closing import _Cursor
from lume_services.services.scheduling.prefect_server.programs import server_environment
from lume_services.settings import LUMEServicesSettings


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("INSERT INTO names VALUES (:name)", {"name": "a"}),
        ("INSERT INTO names VALUES (:name)", [{"name": "b"}, {"name": "a"}]),
    ],
)
def test_a_cursor_that_fails_is_closed(tmp_path: Path, statement: str, parameters: Any) -> None:
    environment = server_environment(LUMEServicesSettings(home=tmp_path))
    engine = create_async_engine(environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"])

    async def failed() -> int:
        async with engine.connect() as connection:
            await connection.execute(text("CREATE TABLE names (name TEXT UNIQUE)"))
            await connection.execute(text("INSERT INTO names VALUES ('a')"))
            with pytest.raises(DatabaseError, match="UNIQUE constraint failed") as kept:
                await connection.execute(text(statement), parameters)
            # The error holds on to the cursor, as a log would.
            assert kept.value.orig is not None
            cursors = [each for each in gc.get_objects() if type(each) is _Cursor]
            for cursor in cursors:
                with pytest.raises(sqlite3.ProgrammingError, match="on a closed cursor"):
                    cursor.fetchone()
        await engine.dispose()
        return len(cursors)

    assert asyncio.run(failed()) > 0
