"""Many documents in MongoDB, all or none, also where calls meet in the middle.

The steps of a call are done one by one here, so that others come between them for sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from results_model import document

from lume_services.errors import ResultConflictError
from lume_services.services.results.mongodb import MongoResultsDB
from lume_services.services.results.mongodb_insert import Insertion, _add

NEW = [document(1), document(2), document(3), document(4)]


@pytest.fixture
def db(mongodb_url: str) -> Iterator[MongoResultsDB]:
    store = MongoResultsDB(mongodb_url)
    assert store.count({}) == 0
    yield store
    store.close()


@pytest.fixture
def results(mongodb_url: str) -> Iterator[Collection[dict[str, Any]]]:
    with MongoClient(mongodb_url) as client:
        yield client.get_default_database().results


def identities(db: MongoResultsDB) -> list[str]:
    return [entry["unique_hash"] for entry in db.find({})]


def test_a_conflict_that_comes_meanwhile_takes_all_away(
    db: MongoResultsDB, results: Collection[dict[str, Any]]
) -> None:
    call = Insertion(NEW, 1)
    db.insert(document(9, flow_id="run-3"))
    assert _add(results, call._new) is False
    assert identities(db) == ["hash-1", "hash-2", "hash-9"]
    with pytest.raises(ResultConflictError, match="flow run run-3 of project"):
        call.into(results)
    assert identities(db) == ["hash-9"]


def test_what_others_have_found_there_stays(
    db: MongoResultsDB, results: Collection[dict[str, Any]]
) -> None:
    call = Insertion(NEW, 1)
    assert _add(results, call._new) is True
    assert db.insert(document(1)) is False
    assert db.insert_many([document(2), document(7)]) == 1
    with pytest.raises(ResultConflictError, match="but other contents"):
        db.insert(document(3, content_hash="other"))
    call._take_away(results)
    assert identities(db) == ["hash-1", "hash-2", "hash-7"]


@pytest.mark.parametrize("number", [1, 4])
def test_what_was_inserted_before_the_connection_was_lost_is_new(
    db: MongoResultsDB, results: Collection[dict[str, Any]], number: int
) -> None:
    call = Insertion(NEW[:number], 1)
    assert _add(results, call._new[:2]) is True
    assert call.into(results) == number
    assert list(db.find({})) == NEW[:number]
    assert Insertion(NEW[:number], 9).into(results) == 0


def test_the_order_of_insertion_does_not_depend_on_the_clock(
    db: MongoResultsDB, mongodb_url: str, results: Collection[dict[str, Any]]
) -> None:
    of_another_machine = 2**62
    assert Insertion([document(1)], of_another_machine).into(results) == 1
    later = MongoResultsDB(mongodb_url)
    later.insert(document(2))
    later.insert_many([document(3), document(4)])
    assert list(db.find({})) == NEW
    later.close()
