"""Users of PostgreSQL with no more rights than they need, as the documentation makes them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from results_model import document

from lume_services.errors import StoreUnavailableError
from lume_services.services.results.sql import SQLResultsDB
from servers.postgresql import PostgreSQL

PAGE = Path(__file__).parents[3] / "docs/results-databases.md"
ROLES = ("results_owner", "results_writer", "results_reader")


@pytest.fixture
def database(postgresql: PostgreSQL) -> Iterator[str]:
    """Return the name of a database that belongs to ``results_owner``."""
    name = f"test_{uuid.uuid4().hex}"
    for role in ROLES:
        postgresql.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
    postgresql.execute(f"CREATE DATABASE {name} OWNER results_owner")
    yield name
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")
    for role in ROLES:
        postgresql.execute(f"DROP ROLE {role}")


def documented_grants() -> str:
    block = re.search(r"```sql\n(-- grants\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    return block[1]


@pytest.fixture
def urls(postgresql: PostgreSQL, database: str) -> dict[str, str]:
    urls = {role: postgresql.url(database, role, role) for role in ROLES}
    with closing(SQLResultsDB(urls["results_owner"])) as db:
        db.insert(document(1, x=1))
    with psycopg.connect(urls["results_owner"]) as owner:
        owner.execute(documented_grants())
    return urls


def test_a_reader_finds_and_writes_nothing(urls: dict[str, str]) -> None:
    with closing(SQLResultsDB(urls["results_reader"])) as db:
        assert [each["x"] for each in db.find({"x": {"$gt": 0}})] == [1]
        assert (db.count({}), db.indexes(), list(db.links(""))) == (1, [], [])
        refused = (
            r"\(permission denied for table results\): use a user that may do this, or ask the "
            r"owner of the database to grant it to results_reader"
        )
        with pytest.raises(StoreUnavailableError, match=refused):
            db.insert(document(2))
        with pytest.raises(StoreUnavailableError, match=refused):
            db.delete({})
        with pytest.raises(StoreUnavailableError, match="permission denied"):
            db.index("x")
        assert db.count({}) == 1


def test_a_writer_inserts_and_neither_deletes_nor_drops(urls: dict[str, str]) -> None:
    with closing(SQLResultsDB(urls["results_writer"])) as db:
        assert db.insert(document(2, links=["a"])) is True
        assert db.insert(document(2, links=["a"])) is False
        assert list(db.links("")) == ["a"]
        with pytest.raises(StoreUnavailableError, match="permission denied for table results"):
            db.delete({})
    with (
        psycopg.connect(urls["results_writer"]) as writer,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be owner of table results"),
    ):
        writer.execute("DROP TABLE results")


def test_an_empty_database_is_prepared_by_its_owner(postgresql: PostgreSQL, database: str) -> None:
    url = postgresql.url(database, "results_reader", "results_reader")
    with (
        closing(SQLResultsDB(url)) as db,
        pytest.raises(
            StoreUnavailableError,
            match=r"has no tables yet, and results_reader may not make them .*let the owner of the "
            r"database run `lume-services config check` with this version of lume-services",
        ),
    ):
        db.count({})


def test_an_older_store_is_migrated_by_its_owner(
    urls: dict[str, str], postgresql: PostgreSQL, database: str
) -> None:
    postgresql.execute("UPDATE results_schema SET version = 1", database)
    with (
        closing(SQLResultsDB(urls["results_reader"])) as db,
        pytest.raises(
            StoreUnavailableError,
            match=r"has schema version 1, and results_reader may not bring it to version 2 .*let "
            r"the owner of the database run `lume-services config check`",
        ),
    ):
        db.count({})


def test_a_newer_store_is_refused(
    urls: dict[str, str], postgresql: PostgreSQL, database: str
) -> None:
    postgresql.execute("UPDATE results_schema SET version = 99", database)
    with (
        closing(SQLResultsDB(urls["results_reader"])) as db,
        pytest.raises(StoreUnavailableError, match="has schema version 99, this version of lume-s"),
    ):
        db.count({})
