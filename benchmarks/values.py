"""Saving and loading results with large arrays, against h5py with checksums, and their memory."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks import table
from benchmarks.clock import Call, interleaved_seconds, median_seconds
from benchmarks.memory import Peak
from benchmarks.table import Row
from lume_services import Result, config
from lume_services.results.values.garbage import collect_garbage

Arrays = dict[str, np.ndarray[Any, Any]]
RAW = Path("raw.h5")
WITH = {"save": "fsync and sha256", "load": "sha256"}


def main(quick: bool) -> None:
    megabytes, repeats, largest = (16, 1, 32) if quick else (1000, 5, 2000)
    table.show([*speed(megabytes, repeats), *memory(largest)])


def speed(megabytes: int, repeats: int) -> Iterator[Row]:
    arrays, numbers = made(megabytes, count=8), itertools.count()
    saved: list[dict[str, Any]] = []

    def save() -> None:
        # Other content each time, as the same again would not be written; the last one goes, as
        # h5py's file is overwritten.
        for array in arrays.values():
            array[0] = next(numbers)
        config.current().results_db.delete({})
        collect_garbage(timedelta())
        saved[:] = [insert(arrays, f"run {next(numbers)}")]

    yield from compared("save", save, lambda: save_raw(arrays), megabytes, repeats)
    # Apart from saving: memory that the system has just taken back is slow for who comes first.
    yield from compared("load", lambda: load(saved[0]), load_raw, megabytes, repeats)
    part = median_seconds(lambda: [each[::1000] for each in outputs(saved[0])], repeats)
    yield Row("load and take every 1000th element", part * 1000, "ms")


def compared(what: str, ours: Call, raw: Call, megabytes: int, repeats: int) -> Iterator[Row]:
    mine, other = f"{what}, ours", f"{what}, h5py, {WITH[what]}"
    interleaved_seconds({mine: ours, other: raw}, 1)
    took = interleaved_seconds({mine: ours, other: raw}, repeats)
    for label, seconds in took.items():
        yield Row(f"{label}, {megabytes} MB", seconds * 1000, "ms")
    yield Row(f"{mine} / h5py, {WITH[what]}", took[mine] / took[other], "times", 1.25)


def memory(megabytes: int) -> Iterator[Row]:
    arrays = made(megabytes, count=1)
    with Peak() as peak:
        rep = insert(arrays, "memory")
    yield Row(f"memory to save {megabytes} MB, beside them", peak.megabytes, "MB", 64)
    arrays.clear()
    with Peak() as peak:
        assert [len(each[::1000]) for each in outputs(rep)] == [megabytes * 125]
    yield Row("memory to load every 1000th element", peak.megabytes, "MB", 64)


def made(megabytes: int, count: int) -> Arrays:
    random = np.random.default_rng(0)
    return {f"beam{i}": random.random(megabytes * 125_000 // count) for i in range(count)}


def insert(arrays: Arrays, flow_id: str) -> dict[str, Any]:
    return Result(project_name="bench", flow_id=flow_id, inputs={}, outputs=arrays).insert()


def outputs(rep: dict[str, Any]) -> list[Any]:
    return list(Result.load(rep).outputs.values())


def load(rep: dict[str, Any]) -> list[Any]:
    return [np.asarray(each) for each in outputs(rep)]


def save_raw(arrays: Arrays) -> str:
    with h5py.File(RAW, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    with RAW.open("rb") as stream:
        os.fsync(stream.fileno())
    return digest()


def load_raw() -> list[Any]:
    digest()
    with h5py.File(RAW, "r") as file:
        return [each[()] for each in file.values()]


def digest() -> str:
    with RAW.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
