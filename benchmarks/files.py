"""Saving and loading a large array, against the libraries that write the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks import table
from benchmarks.clock import interleaved_seconds
from benchmarks.table import Row
from lume_services.files import File, HDF5File, NumpyFile

KEY = "array"


def main(quick: bool) -> None:
    array = np.random.default_rng(0).random(10_000 if quick else 12_500_000)
    repeats = 1 if quick else 7
    table.show([*rows("HDF5", hdf5(array), repeats), *rows("NumPy", numpy(array), repeats)])


def hdf5(array: np.ndarray) -> dict[str, Any]:
    def save() -> None:
        with h5py.File("raw.h5", "w") as file:
            file[KEY] = array

    def load() -> object:
        with h5py.File("raw.h5", "r") as file:
            return file[KEY][()]

    return calls(HDF5File("ours.h5", obj={KEY: array}), "raw.h5", save, load)


def numpy(array: np.ndarray) -> dict[str, Any]:
    save, load = partial(np.save, "raw.npy", array), partial(np.load, "raw.npy")
    return calls(NumpyFile("ours.npy", obj=array), "raw.npy", save, load)


def calls(file: File[Any], raw: str, save: Any, load: Any) -> dict[str, Any]:
    """Return what is timed; ours always syncs and digests what it saves."""

    def save_durably() -> None:
        save()
        with Path(raw).open("rb") as stream:
            os.fsync(stream.fileno())

    def save_digested() -> None:
        save_durably()
        digest(raw)

    def load_digested() -> object:
        digest(raw)
        return load()

    unchecked = type(file)(file.filename)
    return {
        "save, ours": file.write,
        "save, raw": save,
        "save, raw and fsync": save_durably,
        "save, raw, fsync and sha256": save_digested,
        "load, ours": file.read,
        "load, ours without sha256": unchecked.read,
        "load, raw": load,
        "load, raw and sha256": load_digested,
    }


def digest(filename: str) -> str:
    with Path(filename).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rows(kind: str, timed: dict[str, Any], repeats: int) -> Iterator[Row]:
    interleaved_seconds(timed, 1)
    took = interleaved_seconds(timed, repeats)
    for label, time in took.items():
        yield Row(f"{kind} {label}", time * 1000, "ms")
    for ours, raw in (
        ("save, ours", "save, raw"),
        ("save, ours", "save, raw, fsync and sha256"),
        ("load, ours", "load, raw"),
        ("load, ours", "load, raw and sha256"),
        ("load, ours without sha256", "load, raw"),
    ):
        yield Row(f"{kind} {ours} / {raw.split(', ', 1)[1]}", took[ours] / took[raw], "times", 1.25)
