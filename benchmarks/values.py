"""Saving and loading results with large arrays, against h5py with checksums, and their memory."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks import table
from benchmarks.clock import interleaved_seconds, median_seconds
from benchmarks.memory import Peak
from benchmarks.table import Row
from lume_services import Result

Arrays = dict[str, np.ndarray[Any, Any]]
RAW = Path("raw.h5")
PAIRS = (
    ("save, ours", "save, h5py, fsync and sha256"),
    ("load, ours", "load, h5py and sha256"),
)


def main(quick: bool) -> None:
    megabytes, repeats, largest = (16, 1, 32) if quick else (1000, 5, 2000)
    table.show([*speed(megabytes, repeats), *memory(largest)])


def speed(megabytes: int, repeats: int) -> Iterator[Row]:
    arrays, numbers = made(megabytes, count=8), itertools.count()
    saved: list[dict[str, Any]] = []

    def save() -> None:
        # Other content each time, as the same again would not be written.
        for array in arrays.values():
            array[0] = next(numbers)
        saved[:] = [insert(arrays, f"run {next(numbers)}")]

    (save_ours, save_h5py), (load_ours, load_h5py) = PAIRS
    calls = {
        save_ours: save,
        save_h5py: lambda: save_raw(arrays),
        load_ours: lambda: load(saved[0]),
        load_h5py: load_raw,
    }
    interleaved_seconds(calls, 1)
    took = interleaved_seconds(calls, repeats)
    for label, seconds in took.items():
        yield Row(f"{label}, {megabytes} MB", seconds * 1000, "ms")
    for ours, raw in PAIRS:
        yield Row(f"{ours} / {raw}", took[ours] / took[raw], "times", 1.25)
    part = median_seconds(lambda: [each[::1000] for each in outputs(saved[0])], repeats)
    yield Row("load and take every 1000th element", part * 1000, "ms")


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
