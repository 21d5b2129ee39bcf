"""The stores of maggma, which jobflow builds on, with the documents of the other stores."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from maggma.stores import MemoryStore, MongoStore

from benchmarks.clock import median_seconds, seconds
from benchmarks.results import document
from benchmarks.table import Row

KEY = "unique_hash"


def rows(single: int, many: int) -> Iterator[Row]:
    yield from timed("MemoryStore, which keeps nothing", MemoryStore(key=KEY), single, many)
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    with import_module("servers.mongodb").address() as url:
        store = MongoStore.from_uri(url, "maggma", database="maggma", key=KEY)
        yield from timed("MongoStore", store, single, many)


def timed(name: str, store: Any, single: int, many: int) -> Iterator[Row]:
    store.connect()
    store.ensure_index(KEY)
    store.ensure_index("inputs.k1")
    documents = [document(number) for number in range(many)]
    took = seconds(lambda: [store.update([each]) for each in documents[:single]])
    yield Row(f"maggma {name}: update one, {single} results", took * 1000 / single, "ms each")
    took = seconds(lambda: store.update(documents))
    yield Row(f"maggma {name}: update many, {many} results", took * 1000 / many, "ms each")
    wanted = documents[many // 2]
    queries: dict[str, dict[str, Any]] = {
        "by hash": {KEY: wanted[KEY]},
        "by a path with an index": {"inputs.k1": wanted["inputs"]["k1"]},
        "by a path without index": {"outputs.x": wanted["outputs"]["x"]},
    }
    for label, query in queries.items():
        find = partial(lambda query: list(store.query(query)), query)
        yield Row(f"maggma {name}: find {label}, of {many}", median_seconds(find, 5) * 1000, "ms")
    store.close()
