"""The stores that keep the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lume_services.services.results.db import ResultsDB
from lume_services.services.results.sql import SQLResultsDB

STORES = {"sqlite": lambda path: f"sqlite:///{path}/r.sqlite"}


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return STORES[request.param](tmp_path)


@pytest.fixture
def db(url: str) -> Iterator[ResultsDB]:
    store = SQLResultsDB(url)
    yield store
    store.close()
