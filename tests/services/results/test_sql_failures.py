"""A database that cannot be used says which, why and what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from results_model import document

from lume_services.errors import InputError, ResultsError, SettingsError, StoreUnavailableError
from lume_services.services.results import sqlite
from lume_services.services.results.sql import SQLResultsDB

_AS_NOBODY = """
import os, sys
import sqlalchemy
from lume_services.errors import StoreUnavailableError
from lume_services.services.results.sql import SQLResultsDB
db = SQLResultsDB(sys.argv[1])
sqlalchemy.create_engine("sqlite://")  # loads the driver, which nobody may have no right to
if os.getuid() == 0:
    os.setuid(65534)
try:
    db.insert({"unique_hash": "h", "content_hash": "c", "project_name": "p", "flow_id": "f"})
except StoreUnavailableError as error:
    print(error)
"""
_ON_A_FULL_DISK = """
import resource, sys
from lume_services.errors import StoreUnavailableError
from lume_services.services.results.sql import SQLResultsDB
db = SQLResultsDB(sys.argv[1])
new = {"unique_hash": "h", "content_hash": "c", "project_name": "p", "flow_id": "f"}
db.insert(new)
resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
try:
    db.insert({**new, "unique_hash": "g", "flow_id": "g", "data": "x" * 1000000})
except StoreUnavailableError as error:
    print(error)
print(db.count({}))
"""


def output(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Return a directory that any user can reach, which ``tmp_path`` is not."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite").write_bytes(b"no database " * 100)
    db = SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite")
    for use in (lambda: db.count({}), lambda: db.insert(document()), lambda: list(db.find({}))):
        with pytest.raises(
            StoreUnavailableError,
            match=rf"database sqlite:///{tmp_path}/r\.sqlite cannot be used \(file is not a "
            r"database\): .*move it away, or set another LUME_HOME",
        ):
            use()


def test_a_damaged_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.sqlite"
    db = SQLResultsDB(url)
    db.insert_many([document(i, data="x" * 3000) for i in range(50)])
    db.close()
    with (tmp_path / "r.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 100000)
    with pytest.raises(
        StoreUnavailableError, match=r"malformed\): the file is damaged: put a back"
    ):
        list(SQLResultsDB(url).find({}))


def test_a_damaged_document(tmp_path: Path) -> None:
    db = SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite")
    db.insert(document())
    db.close()
    connection = sqlite3.connect(tmp_path / "r.sqlite")
    looking_into = "SELECT name FROM sqlite_master WHERE sql LIKE '%json_%'"
    for (name,) in connection.execute(looking_into).fetchall():
        connection.execute(f"DROP INDEX {name}")
    connection.execute("UPDATE results SET data = '{'")
    connection.commit()
    connection.close()
    with pytest.raises(ResultsError, match=r"r\.sqlite holds a damaged document"):
        list(db.find({}))


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    db = SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite")
    db.insert(document())
    db.close()
    connection = sqlite3.connect(tmp_path / "r.sqlite")
    connection.execute("UPDATE results_schema SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(
        StoreUnavailableError, match=r"has schema version 99, .* knows up to 2: install a newer"
    ):
        db.count({})


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    db = SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite")
    db.insert(document(1))
    other = sqlite3.connect(tmp_path / "r.sqlite")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match=r"database is locked.: another program holds"):
        db.insert(document(2))
    assert db.count({}) == 1
    other.close()
    assert db.insert(document(2)) is True
    db.close()


def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match=r"unable to open .*make its directory access"):
        SQLResultsDB(f"sqlite:///{tmp_path}").count({})


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        StoreUnavailableError, match=r"cannot be made \(Not a directory\): make its"
    ):
        SQLResultsDB(f"sqlite:///{tmp_path}/file/x/r.sqlite").count({})


def test_a_directory_that_cannot_be_written(open_directory: Path) -> None:
    open_directory.chmod(0o555)
    told = output(_AS_NOBODY, f"sqlite:///{open_directory}/r.sqlite")
    assert "r.sqlite cannot be made (Permission denied): make its directory accessible" in told
    told = output(_AS_NOBODY, f"sqlite:///{open_directory}/new/r.sqlite")
    assert "r.sqlite cannot be made (Permission denied): make its directory accessible" in told


def test_a_file_that_cannot_be_written(open_directory: Path) -> None:
    db = SQLResultsDB(f"sqlite:///{open_directory}/r.sqlite")
    db.insert(document())
    db.close()
    (open_directory / "r.sqlite").chmod(0o444)
    open_directory.chmod(0o555)
    told = output(_AS_NOBODY, f"sqlite:///{open_directory}/r.sqlite")
    assert "make the file and its directory writable, or set another LUME_HOME" in told


def test_a_full_disk_saves_nothing(tmp_path: Path) -> None:
    told, count = output(_ON_A_FULL_DISK, f"sqlite:///{tmp_path}/r.sqlite").splitlines()
    assert "nothing was saved" in told
    assert count == "1"
    assert SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite").count({}) == 1


def test_a_document_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MAX_BYTES", 1000)
    db = SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite")
    with pytest.raises(InputError, match=r"hash-0 takes \d+ bytes, more than the 1000 .* as files"):
        db.insert(document(data="é" * 500))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="would keep nothing; name a file, for example"):
        SQLResultsDB(url)


def test_an_unreadable_url_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError, match=r"^the URL of the results database cannot be read"):
        SQLResultsDB("secret")


def test_no_password_is_shown(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    db = SQLResultsDB(f"sqlite://user:secret@/{tmp_path}/r.sqlite")
    assert "secret" not in repr(db)


def test_the_driver_is_loaded_with_the_store_only() -> None:
    code = (
        "import sys, lume_services.results, lume_services.services.results.db\n"
        "print('sqlalchemy' in sys.modules)"
    )
    assert output(code).strip() == "False"
