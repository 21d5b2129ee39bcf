"""Saving and finding many small results, against the same rows by plain sqlite3."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import table
from benchmarks.clock import Call, interleaved_seconds, median_seconds
from benchmarks.table import Row
from lume_services import Result
from lume_services.services.results.sql import SQLResultsDB

Save = Callable[[Any], object]
CHUNKS = 10
# As the packaged store: durable after each commit, and the same keys.
SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE results (id INTEGER PRIMARY KEY AUTOINCREMENT, unique_hash TEXT NOT NULL UNIQUE,
    content_hash TEXT NOT NULL, project_name TEXT NOT NULL, flow_id TEXT NOT NULL,
    data TEXT NOT NULL, UNIQUE (flow_id, project_name));
CREATE INDEX by_project ON results (project_name);
"""
KEYS = ("unique_hash", "content_hash", "project_name", "flow_id")
INSERT = f"INSERT INTO results ({', '.join(KEYS)}, data) VALUES (?, ?, ?, ?, ?)"
BY_KEY = "SELECT data FROM results WHERE flow_id = ?"
BY_VALUE = "SELECT data FROM results WHERE json_extract(data, '$.outputs.x') = ?"


def main(quick: bool) -> None:
    # One by one each waits for the disk, so fewer of them say what one takes.
    single, many = (20, 100) if quick else (2_000, 10_000)
    table.show([*saving_singly(single), *saving_many(many), *finding(many, lookups=many // 10)])


def document(number: int) -> dict[str, Any]:
    return {
        "unique_hash": f"{number:064x}",
        "content_hash": f"{number:064x}",
        "project_name": "bench",
        "flow_id": f"flow-{number}",
        "inputs": {"k1": number / 7, "name": f"scan {number}"},
        "outputs": {"x": number, "beam_size": 0.5},
    }


def saving_singly(count: int) -> Iterator[Row]:
    ours, raw = SQLResultsDB("sqlite:///one.sqlite"), connect("raw_one.sqlite")
    savers: dict[str, Save] = {
        "Result(...).insert()": save_result,
        "insert": ours.insert,
        "insert, raw sqlite3": lambda document: insert(raw, [document]),
    }
    calls = {label: over_chunks(each_of(save), count) for label, save in savers.items()}
    yield from saving_rows(calls, count)


def saving_many(count: int) -> Iterator[Row]:
    ours, raw = SQLResultsDB("sqlite:///many.sqlite"), connect("raw_many.sqlite")
    savers: dict[str, Save] = {
        "insert_many": ours.insert_many,
        "insert_many, raw sqlite3": lambda documents: insert(raw, documents),
    }
    calls = {label: over_chunks(save, count) for label, save in savers.items()}
    yield from saving_rows(calls, count)


def saving_rows(calls: dict[str, Call], count: int) -> Iterator[Row]:
    took = interleaved_seconds(calls, CHUNKS)
    for label, time in took.items():
        yield Row(f"{label}, {count} results", time * CHUNKS * 1000 / count, "ms each")
    *_, ours, raw = took
    yield Row(f"{ours}, ours / raw", took[ours] / took[raw], "times")


def each_of(save: Save) -> Save:
    def save_each(documents: list[dict[str, Any]]) -> None:
        for each in documents:
            save(each)

    return save_each


def over_chunks(save: Save, count: int) -> Call:
    """Return a call that saves the next of the chunks of so many documents."""
    size = count // CHUNKS
    chunks = iter([[document(i) for i in range(n * size, (n + 1) * size)] for n in range(CHUNKS)])
    return lambda: save(next(chunks))


def finding(count: int, lookups: int) -> Iterator[Row]:
    ours, raw = SQLResultsDB("sqlite:///many.sqlite"), connect("raw_many.sqlite", new=False)
    wanted = [document(i) for i in range(0, count, count // lookups)]
    calls = {
        "find by flow_id": lambda: [
            list(ours.find({"flow_id": each["flow_id"]})) for each in wanted
        ],
        "find by flow_id, raw sqlite3": lambda: [
            fetch(raw, BY_KEY, each["flow_id"]) for each in wanted
        ],
    }
    took = interleaved_seconds(calls, 3)
    for label, time in took.items():
        yield Row(label, time * 1000 / len(wanted), "ms each")
    value = count - 1
    scan = median_seconds(lambda: list(ours.find({"outputs.x": value})), 5)
    raw_scan = median_seconds(lambda: fetch(raw, BY_VALUE, value), 5)
    yield Row(f"find by an output among {count}", scan * 1000, "ms")
    yield Row(f"find by an output among {count}, raw sqlite3", raw_scan * 1000, "ms")


def save_result(document: dict[str, Any]) -> None:
    given = {name: document[name] for name in ("flow_id", "inputs", "outputs")}
    Result(project_name="bench", **given).insert()


def connect(filename: str, new: bool = True) -> sqlite3.Connection:
    connection = sqlite3.connect(filename)
    if new:
        connection.executescript(SCHEMA)
    return connection


def insert(connection: sqlite3.Connection, documents: list[dict[str, Any]]) -> None:
    rows = [(*(each[key] for key in KEYS), json.dumps(each)) for each in documents]
    with connection:
        connection.executemany(INSERT, rows)


def fetch(connection: sqlite3.Connection, query: str, value: Any) -> list[Any]:
    return [json.loads(data) for (data,) in connection.execute(query, [value])]
