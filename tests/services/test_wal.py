"""Switching to the write-ahead log while another process opens the same file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lume_services.services.wal import use_wal


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "shared.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("CREATE TABLE t (x)")
        yield holder


def test_it_waits_for_the_other(holder: sqlite3.Connection, tmp_path: Path) -> None:
    threading.Timer(0.3, holder.execute, ("COMMIT",)).start()
    with closing(sqlite3.connect(tmp_path / "shared.sqlite", timeout=0)) as other:
        use_wal(other, seconds=20)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_does_not_wait_for_ever(holder: sqlite3.Connection, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "shared.sqlite", timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="database is locked"),
    ):
        use_wal(other, seconds=0.1)
