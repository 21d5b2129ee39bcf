"""Indexes of MongoDB."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pymongo
from results_model import document

from lume_services.services.results.mongodb import MongoResultsDB


def test_the_newest_have_indexes_from_the_start(mongodb_url: str) -> None:
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(mongodb_url)
    with closing(MongoResultsDB(mongodb_url)) as db, client:
        db.insert(document(1))
        results = client.get_default_database().results
        made = results.index_information()
        assert [name for name, _ in made["/newest"]["key"]] == ["created", "/reversed", "_id"]
        assert [name for name, _ in made["/newest_of_project"]["key"]] == [
            "project_name",
            "created",
            "/reversed",
        ]
        assert db.indexes() == []
        db.index("created")
        assert db.indexes() == ["created"]
