"""The stores that keep the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from results_model import open_store

from lume_services.services.results.db import ResultsDB


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/r.sqlite"


@pytest.fixture(params=["sqlite_url", "postgresql_url", "mongodb_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def db(url: str) -> Iterator[ResultsDB]:
    store = open_store(url)
    yield store
    store.close()
