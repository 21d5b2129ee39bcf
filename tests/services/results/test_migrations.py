"""Stores that an older version of the package has made."""

from __future__ import annotations

import math
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from results_model import document

from lume_services import Result, config
from lume_services.errors import StoreUnavailableError
from lume_services.services.results.sql import SQLResultsDB

VERSION_1 = Path(__file__).with_name("version_1.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text())
    return path


def schema(path: Path) -> dict[str, str]:
    """Return the definitions of a file's tables and indexes, without the layout."""
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: re.sub(r"\s|\(|\)", "", sql) for name, sql in made}


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT version FROM results_schema").fetchone()[0])


def test_results_of_version_1_load(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__URL", f"sqlite:///{old}")
    first, second, third = Result.find({"project_name": "beamline"}, sort=[("created", 1)])
    assert [each.inputs["quad_k1"] for each in (first, second, third)] == [1.0, 1.25, 1.5]
    assert third.outputs["beam"].tolist() == [0, 2, 4, 6]
    assert math.isnan(second.outputs["x.y"])
    assert second.inputs["at"].isoformat() == "2026-03-01T01:00:00+01:00"
    assert next(Result.find({"project_name": "other"})).outputs == {"text": "a\0b"}
    assert version(old) == 2
    db = config.current().results_db
    assert [each["flow_id"] for each in db.find({"inputs.quad_k1": {"$gt": 1}})] == [
        "run-1",
        "run-2",
    ]
    assert db.insert(document(links=["a"])) is True
    assert list(db.links("")) == ["a"]


def test_migrated_tables_are_those_of_a_new_store(old: Path, tmp_path: Path) -> None:
    for path in (old, tmp_path / "new.sqlite"):
        db = SQLResultsDB(f"sqlite:///{path}")
        db.count({})
        db.close()
    assert schema(old) == schema(tmp_path / "new.sqlite")


def test_a_migration_that_fails_leaves_all_as_it_was(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        # In the way of the second table of the migration.
        connection.execute("CREATE TABLE indexed_paths (mine TEXT)")
    before = schema(old)
    db = SQLResultsDB(f"sqlite:///{old}")
    with pytest.raises(StoreUnavailableError, match="table indexed_paths already exists"):
        db.count({})
    assert (schema(old), version(old)) == (before, 1)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE indexed_paths")
    assert db.count({}) == 4
    db.close()


def test_processes_that_migrate_at_once(old: Path) -> None:
    code = (
        "import sys\n"
        "from lume_services.services.results.sql import SQLResultsDB\n"
        "print(SQLResultsDB(sys.argv[1]).count({}))"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{old}"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in processes] == ["4"] * 4
    assert version(old) == 2


def test_opening_a_store_of_this_version_needs_no_alembic(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from lume_services.services.results.sql import SQLResultsDB\n"
        "print(SQLResultsDB(sys.argv[1]).count({}), 'alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/new.sqlite"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 False"
