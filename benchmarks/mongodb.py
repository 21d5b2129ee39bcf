"""Saving and finding many small results in MongoDB, against the same documents by plain pymongo.

The server is that of ``LUME_TEST_MONGODB_URL``, else the one of the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection

from benchmarks import table
from benchmarks.clock import interleaved_seconds, median_seconds
from benchmarks.results import document, each_of, over_chunks
from benchmarks.table import Row
from lume_services.services.results.mongodb import MongoResultsDB

Raw = Collection[dict[str, Any]]
CHUNKS = 10
PATH = "outputs.x"


def main(quick: bool) -> None:
    single, sizes = (20, [100]) if quick else (1_000, [1_000, 10_000])
    with server() as url:
        table.show([*saving_singly(url, single), *saving_and_finding(url, sizes)])


def server() -> AbstractContextManager[str]:
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    started: AbstractContextManager[str] = import_module("servers.mongodb").address()
    return started


def saving_singly(url: str, count: int) -> Iterator[Row]:
    ours, raw = stores(url, "bench_one")
    savers: dict[str, Callable[[Any], object]] = {
        "insert": ours.insert,
        "insert, raw pymongo": raw.insert_one,
    }
    calls = {label: over_chunks(each_of(save), count) for label, save in savers.items()}
    yield from saved(interleaved_seconds(calls, CHUNKS), count, 1.5)
    ours.close()


def saving_and_finding(url: str, sizes: list[int]) -> Iterator[Row]:
    for size in sizes:
        ours, raw = stores(url, f"bench_{size}")
        calls = {
            "insert_many": over_chunks(ours.insert_many, size),
            "insert_many, raw pymongo": over_chunks(raw.insert_many, size),
        }
        yield from saved(interleaved_seconds(calls, CHUNKS), size, 1.2)
        yield from finding(ours, raw, size)
        ours.close()


def saved(took: dict[str, float], count: int, target: float) -> Iterator[Row]:
    for label, time in took.items():
        yield Row(f"{label}, {count} results", time * CHUNKS * 1000 / count, "ms each")
    ours, raw = took
    yield Row(f"{ours}, {count} results, ours / raw", took[ours] / took[raw], "times", target)


def finding(ours: MongoResultsDB, raw: Raw, size: int) -> Iterator[Row]:
    wanted = document(size // 2)["unique_hash"]
    calls: dict[str, Callable[[], object]] = {
        "by hash": lambda: list(ours.find({"unique_hash": wanted})),
        "by hash, raw pymongo": lambda: list(raw.find({"unique_hash": wanted})),
        "by an output without index": lambda: list(ours.find({PATH: size // 2})),
        "by an output without index, raw pymongo": lambda: list(raw.find({PATH: size // 2})),
    }
    for label, call in calls.items():
        yield Row(f"find {label}, of {size}", median_seconds(call, 5) * 1000, "ms")
    ours.index(PATH)
    raw.create_index(PATH)
    calls = {
        "by an indexed output": lambda: list(ours.find({PATH: size // 2})),
        "by an indexed output, raw pymongo": lambda: list(raw.find({PATH: size // 2})),
        "the 20 largest of an indexed output": lambda: list(
            ours.find({}, sort=[(PATH, -1)], limit=20)
        ),
        "the 20 largest of an indexed output, raw pymongo": lambda: list(
            raw.find({}, sort=[(PATH, -1)], limit=20)
        ),
    }
    for label, call in calls.items():
        yield Row(f"find {label}, of {size}", median_seconds(call, 5) * 1000, "ms")


def stores(url: str, database: str) -> tuple[MongoResultsDB, Raw]:
    """Return two empty stores of the same durability, with the same indexes."""
    # All clients end with the process.
    client: MongoClient[dict[str, Any]] = MongoClient(url)
    for name in (database, f"{database}_raw"):
        client.drop_database(name)
    raw = client[f"{database}_raw"].get_collection(
        "results", write_concern=WriteConcern("majority", j=True)
    )
    raw.create_index("unique_hash", unique=True)
    raw.create_index([("flow_id", 1), ("project_name", 1)], unique=True)
    raw.create_index("project_name")
    raw.create_index("links")
    base, _, options = url.partition("?")
    ours = MongoResultsDB(f"{base.rstrip('/')}/{database}{'?' if options else ''}{options}")
    ours.count({})
    return ours, raw
