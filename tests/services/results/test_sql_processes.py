"""Many processes, forks and kills."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from results_model import document, open_store

from lume_services.errors import ResultConflictError
from lume_services.services.results.db import ResultsDB
from lume_services.services.results.sql import SQLResultsDB

# Python 3.12 warns of every fork of a process with threads, and that is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")

_INSERT_FOR_EVER = """
import itertools, sys
from lume_services import plugins
from lume_services.settings import RESULTS_DBS, scheme
db = plugins.load(RESULTS_DBS, scheme(sys.argv[1]))(sys.argv[1])
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
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)
    return child


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_once(works: list[Callable[[], int]]) -> list[int]:
    """Do each work in a process of its own, all at the same time; return what they return."""
    gate, opener = os.pipe()

    def wait_and(work: Callable[[], int]) -> int:
        os.close(opener)
        os.read(gate, 1)  # until the last copy of the other end is closed
        return work()

    children = [fork(partial(wait_and, work)) for work in works]
    os.close(opener)
    os.close(gate)
    return sorted(exit_code(child) for child in children)


def race(url: str, documents: list[dict[str, Any]], threads: int = 1) -> list[str]:
    """Insert each document in processes of their own, of so many threads, all at the same time."""

    def insert_one(entry: dict[str, Any]) -> int:
        with closing(open_store(url)) as db:
            try:
                return 1 if db.insert(entry) else 0
            except ResultConflictError:
                return 2

    def insert(entries: list[dict[str, Any]]) -> int:
        with ThreadPoolExecutor(threads) as pool:
            return max(pool.map(insert_one, entries))

    each = [documents[n : n + threads] for n in range(0, len(documents), threads)]
    codes = at_once([partial(insert, entries) for entries in each])
    return sorted(["old", "new", "conflict"][code] for code in codes)


def race_of_many(url: str, batches: list[list[dict[str, Any]]]) -> list[int]:
    """Insert each list, of less than 256, in a process of its own; return what each has added."""

    def insert(entries: list[dict[str, Any]]) -> int:
        with closing(open_store(url)) as db:
            return db.insert_many(entries)

    return at_once([partial(insert, entries) for entries in batches])


def test_a_hundred_writers_of_the_same_result_make_one_document(url: str, db: ResultsDB) -> None:
    assert race(url, [document(links=["a"])] * 100, threads=5) == ["new"] + ["old"] * 19
    assert list(db.find({})) == [document(links=["a"])]


def test_of_two_results_of_a_run_exactly_one_is_saved(url: str, db: ResultsDB) -> None:
    assert race(url, [document(1, flow_id="run"), document(2, flow_id="run")]) == [
        "conflict",
        "new",
    ]
    assert db.count({}) == 1


def test_writers_of_the_same_results_in_opposite_order(url: str, db: ResultsDB) -> None:
    documents = [document(number) for number in range(200)]
    assert sum(race_of_many(url, [documents, documents[::-1]] * 3)) == 200
    assert db.count({}) == 200


def test_a_killed_writer_leaves_whole_documents(url: str, db: ResultsDB) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _INSERT_FOR_EVER, url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(5)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
    saved = list(db.find({}))
    assert [entry["end"] for entry in saved] in (told, [*told, len(told)])
    assert all(entry["data"] == [entry["end"]] * 20000 for entry in saved)


def test_a_forked_child_uses_connections_of_its_own(db: ResultsDB, tmp_path: Path) -> None:
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
    for file in tmp_path.glob("r.sqlite"):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


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
