"""SQLite and PostgreSQL as stores of small results, against plain drivers on the same tables.

PostgreSQL is the server of the tests, here with its writes forced to the disk. Where maggma is
installed, its stores hold the same documents.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks import table
from benchmarks.clock import interleaved_seconds, median_seconds, seconds
from benchmarks.results import KEYS, document, each_of, over_chunks
from benchmarks.table import Row
from lume_services.services.results.sql import SQLResultsDB

CHUNKS = 10
PATH, OUTPUT = "inputs.k1", "outputs.x"
COLUMNS = f"results ({', '.join(KEYS)}, data)"

Documents = list[dict[str, Any]]


class Raw(NamedTuple):
    """Statements by a plain driver."""

    insert: Callable[[Documents], object]
    fetch: Callable[[str, Any], list[Any]]
    by_hash: str
    by_indexed: str
    by_unindexed: str


class Contest(NamedTuple):
    """A store of ours and a plain driver in a database of the same tables."""

    name: str
    ours: SQLResultsDB
    raw: Raw


def main(quick: bool) -> None:
    single, many = (20, 200) if quick else (1_000, 10_000)
    sizes = [200, 400] if quick else [1_000, 10_000, 100_000, 1_000_000]
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    with import_module("servers.postgresql").running(fsync=True) as server:
        for contest in (sqlite(), postgresql(server)):
            table.show([*saving(contest, single, many), *finding(contest, many)])
            table.show(growing(contest.name, contest.ours, many, sizes))
            contest.ours.close()
    if find_spec("maggma") is not None:
        # Of ten thousand, its MemoryStore takes many minutes.
        fewer = min(many, 1_000)
        table.show(import_module("benchmarks.maggma_stores").rows(min(single, 100), fewer))


def sqlite() -> Contest:
    for name in ("ours", "raw"):
        SQLResultsDB(f"sqlite:///{name}.sqlite").count({})
    connection = sqlite3.connect("raw.sqlite")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE INDEX k1 ON results (json_extract(data, '$.inputs.k1'))")

    def insert(documents: Documents) -> None:
        with connection:
            connection.executemany(f"INSERT INTO {COLUMNS} VALUES (?, ?, ?, ?, ?)", rows(documents))

    def fetch(statement: str, value: Any) -> list[Any]:
        return [json.loads(data) for (data,) in connection.execute(statement, [value])]

    select = "SELECT data FROM results WHERE"
    raw = Raw(
        insert,
        fetch,
        f"{select} unique_hash = ?",
        f"{select} json_extract(data, '$.inputs.k1') = ?",
        f"{select} json_extract(data, '$.outputs.x') = ?",
    )
    return Contest("SQLite", SQLResultsDB("sqlite:///ours.sqlite"), raw)


def postgresql(server: Any) -> Contest:
    server.execute("CREATE DATABASE ours")
    server.execute("CREATE DATABASE raw")
    SQLResultsDB(server.url("raw")).count({})
    connection = psycopg.connect(server.url("raw"), autocommit=True)
    connection.execute("CREATE INDEX k1 ON results ((search #> '{inputs,k1}'))")

    def insert(documents: Documents) -> None:
        statement = f"INSERT INTO {COLUMNS} VALUES (%s, %s, %s, %s, %s)"
        if len(documents) == 1:
            connection.execute(statement, rows(documents)[0])
            return
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(statement, rows(documents))

    def fetch(statement: str, value: Any) -> list[Any]:
        return [json.loads(data) for (data,) in connection.execute(statement, [value])]

    select = "SELECT data FROM results WHERE"
    raw = Raw(
        insert,
        fetch,
        f"{select} unique_hash = %s",
        f"{select} search #> '{{inputs,k1}}' = to_jsonb(%s::float8)",
        f"{select} search #> '{{outputs,x}}' = to_jsonb(%s::int8)",
    )
    return Contest("PostgreSQL", SQLResultsDB(server.url("ours")), raw)


def rows(documents: Documents) -> list[tuple[str, ...]]:
    return [(*(each[key] for key in KEYS), json.dumps(each)) for each in documents]


def saving(contest: Contest, single: int, many: int) -> Iterator[Row]:
    name, ours, raw = contest
    ours.index(PATH)
    calls: dict[str, Callable[[Any], object]] = {
        f"{name}: insert_many": ours.insert_many,
        f"{name}: insert_many, plain driver": raw.insert,
    }
    took = interleaved_seconds({label: over_chunks(c, many) for label, c in calls.items()}, CHUNKS)
    yield from compared(took, many, 1.2)
    calls = {
        f"{name}: insert": each_of(lambda each: ours.insert(apart(each))),
        f"{name}: insert, plain driver": each_of(lambda each: raw.insert([apart(each)])),
    }
    took = interleaved_seconds(
        {label: over_chunks(c, single) for label, c in calls.items()}, CHUNKS
    )
    yield from compared(took, single, 1.5)


def apart(each: dict[str, Any]) -> dict[str, Any]:
    """Return another document that is as large."""
    return each | {"unique_hash": f"x{each['unique_hash']}", "flow_id": f"x{each['flow_id']}"}


def compared(took: dict[str, float], count: int, target: float) -> Iterator[Row]:
    for label, time in took.items():
        yield Row(f"{label}, {count} results", time * CHUNKS * 1000 / count, "ms each")
    ours, raw = took
    yield Row(f"{ours}, ours / plain", took[ours] / took[raw], "times", target)


def finding(contest: Contest, size: int) -> Iterator[Row]:
    name, ours, raw = contest
    wanted = document(size // 2)
    k1 = wanted["inputs"]["k1"]
    for label, query, statement, value in (
        ("by hash", {"unique_hash": wanted["unique_hash"]}, raw.by_hash, wanted["unique_hash"]),
        ("by a path with an index", {PATH: k1}, raw.by_indexed, k1),
        ("by a path without index", {OUTPUT: size // 2}, raw.by_unindexed, size // 2),
    ):
        calls: dict[str, Callable[[], object]] = {
            "ours": partial(lambda query: list(ours.find(query)), query),
            "plain": partial(raw.fetch, statement, value),
        }
        took = interleaved_seconds(calls, 15)
        yield Row(f"{name}: find {label}, of {size}", took["ours"] * 1000, "ms")
        yield Row(f"{name}: find {label}, of {size}, plain driver", took["plain"] * 1000, "ms")


def growing(name: str, ours: SQLResultsDB, first: int, sizes: Sequence[int]) -> Iterator[Row]:
    """Fill one store up to each size; what has an index takes as long in the largest."""
    ours.delete({})
    filled = 0
    for size in sizes:
        took = seconds(partial(fill, ours, filled, size, first))
        yield Row(f"{name}: insert_many up to {size}", took * 1000 / (size - filled), "ms each")
        filled = size
        for label, find in finds(ours, size).items():
            yield Row(f"{name}: {label}, of {size}", median_seconds(find, 5) * 1000, "ms")


def fill(ours: SQLResultsDB, start: int, end: int, step: int) -> None:
    for number in range(start, end, step):
        ours.insert_many([dated(n) for n in range(number, min(number + step, end))])


def dated(number: int) -> dict[str, Any]:
    value = f"2026-01-01T{number:012}Z"
    return document(number) | {
        "project_name": f"project-{number % 3}",
        "created": {"@lume": "datetime", "local": "2026-01-01T00:00:00", "value": value},
    }


def finds(ours: SQLResultsDB, size: int) -> dict[str, Callable[[], object]]:
    middle = size // 2 / 7
    between = {PATH: {"$gt": middle, "$lt": middle + 3}}
    project = {"project_name": "project-1"}

    def find(query: dict[str, Any], **options: Any) -> Callable[[], object]:
        return lambda: list(ours.find(query, **options))

    finding: dict[str, Callable[[], object]] = {
        "find by hash": find({"unique_hash": document(size // 2)["unique_hash"]}),
        "find equal, indexed": find({PATH: middle}),
        "find a range of 20, indexed": find(between),
        "find the 20 largest, indexed": find({}, sort=[(PATH, -1)], limit=20),
        "find the 20 newest": find({}, sort=[("created", -1)], limit=20),
        "find the 20 newest of a project": find(project, sort=[("created", -1)], limit=20),
    }
    if size <= 100_000:
        finding["find equal, without index"] = find({OUTPUT: size // 2})
    return finding
