"""How many connections a Prefect server opens to SQLite."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from lume_services.services.scheduling.prefect_server.programs import server_environment
from lume_services.services.scheduling.prefect_server.taking_turns import CONNECTIONS
from lume_services.settings import LUMEServicesSettings

AT_ONCE = 20


def test_those_who_want_a_connection_take_turns(tmp_path: Path) -> None:
    environment = server_environment(LUMEServicesSettings(home=tmp_path))
    url = environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"]

    async def most_open() -> int:
        engine, counts = create_async_engine(url), []

        async def count() -> None:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
                counts.append(engine.pool.checkedout())  # type: ignore[attr-defined]

        await asyncio.gather(*(count() for _ in range(AT_ONCE)))
        await engine.dispose()
        assert len(counts) == AT_ONCE
        return max(counts)

    assert asyncio.run(most_open()) == CONNECTIONS
    assert [file.name for file in tmp_path.iterdir()] == ["prefect-server.sqlite"]


def test_one_that_needs_two_connections_gets_the_second(tmp_path: Path) -> None:
    environment = server_environment(LUMEServicesSettings(home=tmp_path))
    url = environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"]

    async def nested() -> int:
        engine, all_have_one, counts = create_async_engine(url), asyncio.Barrier(CONNECTIONS), []

        async def count() -> None:
            async with engine.connect():
                await all_have_one.wait()
                async with engine.connect() as second:
                    counts.append((await second.execute(text("SELECT 1"))).scalar_one())

        await asyncio.gather(*(count() for _ in range(CONNECTIONS)))
        await engine.dispose()
        return sum(counts)

    assert asyncio.run(nested()) == CONNECTIONS
