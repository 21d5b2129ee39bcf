"""Results whose database cannot be used: tried again, then kept in files until it can."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from spooled import BEAM, loaded, refused, result, using

from lume_services import config
from lume_services.results.stores.flushing import Flushed, flush
from lume_services.services.results import sqlite
from servers import mongodb, postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[postgresql.PostgreSQL]:
    """Return a server that may be stopped."""
    with postgresql.running() as server:
        yield server


@contextmanager
def stopped(server: postgresql.PostgreSQL) -> Iterator[None]:
    server.stop("immediate")
    try:
        yield
    finally:
        server.start()


def test_a_server_that_comes_back_in_time(
    server: postgresql.PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    with using(server.url("postgres"), seconds=60), ThreadPoolExecutor(1) as pool:
        result(0).insert()
        with stopped(server), caplog.at_level(logging.WARNING):
            saving = pool.submit(result(1).insert)
            time.sleep(1)
            assert not saving.done()
        assert saving.result(60) == result(1).unique_rep()
        told = [record.getMessage() for record in caplog.records]
        assert ["is tried again for 60 seconds" in message for message in told] == [True]
        assert np.array_equal(loaded(1), BEAM + 1)
        assert flush() == Flushed()
        assert config.current().results_db.delete({}) == 2


def test_a_server_that_stays_away(server: postgresql.PostgreSQL, lume_home: Path) -> None:
    with using(server.url("postgres"), seconds=0.5):
        result(0).insert()
        with stopped(server):
            begin = time.monotonic()
            file = refused(
                result(1), match=r"cannot be used .*results flush` inserts it from there"
            )
            assert time.monotonic() - begin < 50
            assert (file.parent, file.stat().st_mode & 0o777) == (lume_home / "spool", 0o600)
            assert file.parent.stat().st_mode & 0o777 == 0o700
            assert refused(result(1)) == file
            assert refused(result(2)) != file
            first = flush()
            assert (first.inserted, len(first.problems), first.waiting) == (0, 1, 1)
        assert config.current().results_db.count({}) == 1
        assert flush() == Flushed(inserted=2)
        assert list(file.parent.iterdir()) == []
        assert np.array_equal(loaded(2), BEAM + 2)
        assert flush() == Flushed()
        assert config.current().results_db.delete({}) == 3


def test_a_login_that_is_refused_is_not_tried_again(server: postgresql.PostgreSQL) -> None:
    with using(server.url("postgres", password="gu3ss"), seconds=60):
        begin = time.monotonic()
        file = refused(result(), match=r"authentication failed.*is kept in")
        assert time.monotonic() - begin < 50
    with using(server.url("postgres")) as services:
        assert flush() == Flushed(inserted=1)
        assert not file.exists()
        assert services.results_db.delete({}) == 1


def test_mongodb_that_comes_back_in_time_or_not() -> None:
    with mongodb.running() as server, ThreadPoolExecutor(1) as pool:
        url = f"{server.url('lab')}?serverSelectionTimeoutMS=200"
        with using(url, seconds=0.3):
            result(0).insert()
            server.stop()
            refused(result(2))
        with using(url, seconds=120) as services:
            saving = pool.submit(result(1).insert)
            time.sleep(1)
            assert not saving.done()
            server.start()
            assert saving.result(120) == result(1).unique_rep()
            assert flush() == Flushed(inserted=1)
            assert services.results_db.count({}) == 3


def test_sqlite_that_is_locked(lume_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.1)
    file = lume_home / "results.sqlite"
    with using(f"sqlite:///{file}", seconds=30) as services, ThreadPoolExecutor(1) as pool:
        result(0).insert()
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            saving = pool.submit(result(1).insert)
            time.sleep(0.5)
            assert not saving.done()
        assert saving.result(20) == result(1).unique_rep()
        assert services.results_db.count({}) == 2
