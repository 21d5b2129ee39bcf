"""Many processes, forks and kills."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from results_model import document
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import dialect

from lume_services.errors import ResultConflictError
from lume_services.services.results.query import parse
from lume_services.services.results.sql import SQLResultsDB
from lume_services.services.results.sql_filter import condition
from lume_services.services.results.sql_tables import key_columns, results
from lume_services.services.results.sqlite import SQLiteJSON

# Python 3.12 warns of every fork of a process with threads, and that is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")

_INSERT_FOR_EVER = """
import itertools, sys
from lume_services.services.results.sql import SQLResultsDB
db = SQLResultsDB(sys.argv[1])
for number in itertools.count():
    name = str(number)
    db.insert({"unique_hash": name, "content_hash": name, "project_name": "p", "flow_id": name,
               "data": [number] * 20000, "end": number})
    print(number, flush=True)
"""


def fork(work: Callable[[], int]) -> int:
    """Run some work in a forked child, whose exit code it returns, and return the child's id."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            status = work()
        finally:
            os._exit(status)
    return child


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def race(url: str, documents: list[dict[str, Any]]) -> list[str]:
    """Insert each document in a process of its own, all at the same time."""
    gate, opener = os.pipe()

    def insert(entry: dict[str, Any]) -> int:
        os.close(opener)
        os.read(gate, 1)  # until the last copy of the other end is closed
        try:
            return 1 if SQLResultsDB(url).insert(entry) else 0
        except ResultConflictError:
            return 2

    children = [fork(partial(insert, entry)) for entry in documents]
    os.close(opener)
    os.close(gate)
    return sorted(["old", "new", "conflict"][exit_code(child)] for child in children)


def test_twenty_writers_of_the_same_result_make_one_document(url: str) -> None:
    assert race(url, [document()] * 20) == ["new"] + ["old"] * 19
    assert list(SQLResultsDB(url).find({})) == [document()]


def test_of_two_results_of_a_run_exactly_one_is_saved(url: str) -> None:
    assert race(url, [document(1, flow_id="run"), document(2, flow_id="run")]) == [
        "conflict",
        "new",
    ]
    assert SQLResultsDB(url).count({}) == 1


def test_a_killed_writer_leaves_whole_documents(url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _INSERT_FOR_EVER, url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(5)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
    saved = list(SQLResultsDB(url).find({}))
    assert [entry["end"] for entry in saved] in (told, [*told, len(told)])
    assert all(entry["data"] == [entry["end"]] * 20000 for entry in saved)


def test_a_forked_child_uses_connections_of_its_own(url: str, tmp_path: Path) -> None:
    db = SQLResultsDB(url)
    db.insert(document(0))
    started, go_on = threading.Event(), threading.Event()

    def read() -> None:
        for _ in db.find({}):
            started.set()
            go_on.wait()

    reader = threading.Thread(target=read)
    reader.start()
    started.wait()

    def use(number: int) -> int:
        return 0 if db.insert(document(number)) and db.count({"flow_id": "run-0"}) else 1

    children = [fork(partial(use, number)) for number in range(1, 4)]
    assert [exit_code(child) for child in children] == [0, 0, 0]
    go_on.set()
    reader.join()
    assert db.insert(document(4)) is True
    assert db.count({}) == 5
    db.close()
    connection = sqlite3.connect(tmp_path / "r.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_nothing_is_made_before_the_first_use(tmp_path: Path) -> None:
    db = SQLResultsDB(f"sqlite:///{tmp_path}/new/deep/r.sqlite")
    assert list(tmp_path.iterdir()) == []
    assert db.count({}) == 0
    assert [oct(path.stat().st_mode)[-3:] for path in sorted(tmp_path.rglob("*"))] == [
        "700",
        "700",
        "600",
        "600",
        "600",
    ]
    db.close()


def test_a_relative_file_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = SQLResultsDB("sqlite:///r.sqlite")
    monkeypatch.chdir("/")
    db.insert(document())
    db.close()
    assert [path.name for path in tmp_path.iterdir()] == ["r.sqlite"]


@pytest.mark.parametrize(
    "query",
    [
        {"unique_hash": "h"},
        {"flow_id": "f"},
        {"project_name": "p", "outputs.x": 1},
        {"$and": [{"flow_id": {"$in": ["f", "g"]}}, {"outputs.x": {"$gt": 1}}]},
    ],
)
def test_keys_are_found_by_an_index(tmp_path: Path, query: dict[str, Any]) -> None:
    db = SQLResultsDB(f"sqlite:///{tmp_path}/r.sqlite")
    assert db.count(query) == 0
    db.close()
    looks_into = SQLiteJSON(results.c.data, key_columns())
    statement = select(results.c.data).where(condition(parse(query), looks_into))
    text = statement.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
    connection = sqlite3.connect(tmp_path / "r.sqlite")
    plan = connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
    connection.close()
    assert [row[-1].partition(" USING INDEX ")[0] for row in plan] == ["SEARCH results"]
