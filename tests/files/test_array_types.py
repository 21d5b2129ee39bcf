"""What NumPy and HDF5 files keep and what they refuse to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lume_services.errors import InputError
from lume_services.files import HDF5File, NumpyFile, load_reference


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            [1.0],
            r"^a NumpyFile holds a numpy\.ndarray, not builtins\.list; convert it with",
        ),
        (np.float64(1), r"not numpy\.float64; convert it"),
        (np.ma.array([1]), r"not numpy\.ma\.MaskedArray; convert it"),
        (np.array([object()]), r"^an array of data type object cannot be written without pickle;"),
        (np.array([("a", None)], "U1,O"), "cannot be written without pickle"),
    ],
)
def test_numpy_refuses_what_needs_pickle(value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        NumpyFile("a.npy").write(value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", ["C", "F"])
def test_numpy_keeps_order_and_structure(order: Any) -> None:
    array = np.ones((3, 4), [("x", "<f8"), ("n", ">i4", (2,))], order=order)
    found = load_reference(NumpyFile("beam").write(array))
    assert found.dtype == array.dtype
    assert found.flags.f_contiguous == array.flags.f_contiguous
    assert (found == array).all()
    found["n"] = 2
    mapped = np.lib.format.open_memmap("beam", mode="r")
    assert load_reference(NumpyFile("again").write(mapped)).dtype == array.dtype


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, r"^an HDF5File holds a lume-base object or a dict, not int; put the value in a dict"),
        (
            {"a": {"b": [1]}},
            r"^the value at '/a/b' is of type builtins\.list; an HDF5File holds",
        ),
        ({"a": 2**64}, "^the value at '/a' is an int of more than 64 bits"),
        ({"a": "\0"}, "^the value at '/a' is text with NUL or lone surrogates"),
        ({"a": np.array(["x\0y"])}, "^the value at '/a' is text with NUL"),
        ({"a": np.array([None])}, "^the value at '/a' has the data type object"),
        ({"a": np.zeros(1, "i4,f4")}, "^the value at '/a' has the data type"),
        ({"a": np.ma.array([1])}, r"^the value at '/a' is of type numpy\.ma\.MaskedArray"),
        ({"a/b": 1}, r"^the key 'a/b' in '/' cannot be a name in HDF5; use text that is not empty"),
        ({"": 1}, "^the key '' in '/' cannot be a name"),
        ({"g": {".": 1}}, "^the key '.' in '/g' cannot be a name"),
        ({1: 1}, "^the key 1 in '/' cannot be a name"),
        (deep(102), "is nested deeper than the 100 levels that an HDF5File holds; does a dict"),
    ],
)
def test_hdf5_refuses_what_would_change(value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        HDF5File("a.h5").write(value)
    assert list(tmp_path.iterdir()) == []


def test_hdf5_files_of_other_programs(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/x"] = np.arange(3.0)
        file["run/n"] = 3
        file["run/title"] = "FODO β"
        file["run/names"] = ["a", "bcd"]
        file["run/none"] = h5py.Empty("f4")
        file["run/packed"] = np.bytes_(b"ab")
        file.create_dataset("zip", data=np.zeros(10**6), compression="gzip")
    found = HDF5File("a.h5").read()
    run = found["run"]
    assert run["x"].tolist() == [0.0, 1.0, 2.0]
    assert run["n"] == 3
    assert type(run["n"]) is int
    assert run["title"] == "FODO β"
    assert run["names"].tolist() == ["a", "bcd"]
    assert run["names"].dtype == np.dtype("U3")
    assert run["none"] is None
    assert run["packed"] == b"ab"
    assert not found["zip"].any()
    assert HDF5File("b.h5").write({**found})["size"] > 0


def test_hdf5_keeps_the_order_of_keys() -> None:
    value = {"z": 1, "a": {"y": 1, "b": 2}, "m": None}
    found = load_reference(HDF5File("a.h5").write(value))
    assert (list(found), list(found["a"])) == (["z", "a", "m"], ["y", "b"])
