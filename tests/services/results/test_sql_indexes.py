"""Queries are answered by indexes: what the databases themselves say of their plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from results_model import document, open_store
from sqlalchemy import Engine, create_engine, event

from lume_services.services.results.db import ResultsDB


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def db(url: str) -> Iterator[ResultsDB]:
    store = open_store(url)
    moment = {"@lume": "datetime", "value": "2026-03-01T00:00:00.000000Z"}
    store.insert_many([document(i, x=i, created=moment) for i in range(300)])
    yield store
    store.close()


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collect what is sent to any database, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def plan(url: str, db: ResultsDB, query: dict[str, Any], **options: Any) -> str:
    """Return how a find is carried out where reading the whole table costs much."""
    with statements() as sent:
        list(db.find(query, **options))
    statement, parameters = sent[-1]
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        if url.startswith("postgresql"):
            connection.exec_driver_sql("SET enable_seqscan = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        else:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        told = "\n".join(str(row[-1]) for row in rows)
    engine.dispose()
    return told


@pytest.mark.parametrize(
    "query",
    [
        {"unique_hash": "h"},
        {"flow_id": "f"},
        {"project_name": "p", "outputs.x": 1},
        {"$and": [{"flow_id": {"$in": ["f", "g"]}}, {"outputs.x": {"$gt": 1}}]},
    ],
)
def test_keys_are_found_by_an_index(url: str, db: ResultsDB, query: dict[str, Any]) -> None:
    told = plan(url, db, query)
    assert "SEARCH results USING INDEX" in told or "Index" in told
    assert "SCAN results" not in told


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({"x": 5}, {}),
        ({"x": "five"}, {}),
        ({"x": {"$in": [5, "five", 6.5]}}, {}),
        ({"x": {"$gt": 5, "$lt": 6}}, {}),
        ({"x": {"$gte": "a"}}, {}),
        ({"project_name": "test", "x": {"$lt": 6}}, {}),
        ({}, {"sort": [("x", 1)], "limit": 5}),
        ({}, {"sort": [("x", -1)], "limit": 5}),
        ({"project_name": "test"}, {"sort": [("x", -1)], "limit": 5}),
        ({"x": {"$gt": 5}}, {"sort": [("x", 1)]}),
    ],
)
def test_a_path_with_an_index_is_found_and_sorted_by_it(
    url: str, db: ResultsDB, query: dict[str, Any], options: dict[str, Any]
) -> None:
    db.index("x")
    told = plan(url, db, query, **options)
    assert "results_at_2d711642" in told or "results_of_project_at_2d711642" in told
    assert not options or "TEMP B-TREE FOR ORDER BY" not in told


@pytest.mark.parametrize("value", [7, "text", True])
def test_values_at_any_path_are_found_by_an_index(postgresql_url: str, value: Any) -> None:
    store = open_store(postgresql_url)
    store.insert_many([document(i, **{"50% x": [None, value, i]}) for i in range(5)])
    query = {"50% x.1": value}
    assert store.count(query) == 5
    assert store.count({"50% x.0": value}) == 0
    assert "results_search" in plan(postgresql_url, store, query)
    store.close()


@pytest.mark.parametrize("query", [{}, {"project_name": "test"}])
def test_the_newest_are_found_without_reading_all(
    url: str, db: ResultsDB, query: dict[str, Any]
) -> None:
    db.index("x")  # gathers statistics, as the server does by itself some time after an insert
    told = plan(url, db, query, sort=[("created", -1)], limit=20)
    assert "_at_406effb1e9c59672" in told
    assert "TEMP B-TREE FOR ORDER BY" not in told
    assert "  Sort  " not in told


def test_links_are_found_by_an_index(url: str, db: ResultsDB) -> None:
    told = plan(url, db, {}, linked_to=["a"])
    assert "SEARCH links USING" in told or "Scan using links_pkey" in told or "on links_pk" in told
    assert "SCAN results" not in told


def test_index_of_what_has_one_already(db: ResultsDB) -> None:
    db.index("created")
    assert db.indexes() == ["created"]


def test_an_index_holds_texts_of_any_length(db: ResultsDB) -> None:
    db.index("x")
    long = "é" * 300_000
    db.insert_many([document(1000, x=long), document(1001, x=long + "a"), document(1002, x="f")])
    assert [each["flow_id"] for each in db.find({"x": long})] == ["run-1000"]
    assert [each["flow_id"] for each in db.find({"x": {"$gt": long}})] == ["run-1001"]
    assert [each["flow_id"] for each in db.find({"x": {"$gte": "f"}}, sort=[("x", -1)])] == [
        "run-1001",
        "run-1000",
        "run-1002",
    ]
