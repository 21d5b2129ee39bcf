"""Arrays as files: in NumPy's own format, the same on all machines, block by block."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lume_services.results.codec import array_data, encode_apart
from lume_services.results.codec.data import Data

NEGATIVE_NAN = np.array([-1], "i8").view("f8")[0]
ARRAYS = {
    "plain": np.arange(24.0).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(24).reshape(4, 6)),
    "strided": np.arange(100)[::-3],
    "big-endian": np.arange(5, dtype=">i4"),
    "empty": np.empty((0, 3)),
    "scalar": np.array(1.5),
    "bool": np.array([True, False]),
    "text": np.array(["é", "abc"]),
    "bytes": np.array([b"a", b"bcd"]),
    "time": np.array(["2024-01-01", "NaT"], "M8[ns]"),
    "fields": np.array([(1, [2.0, NEGATIVE_NAN])], [("é", ">i2"), ("y", "f8", (2,))]),
    "padded": np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "read-only": np.broadcast_to(np.float32(2.0), (3, 4)),
}


def data(array: np.ndarray[Any, Any]) -> Data:
    encoded = encode_apart(array)["data"]
    assert isinstance(encoded, Data)
    return encoded


def content(array: np.ndarray[Any, Any]) -> bytes:
    return b"".join(map(bytes, data(array).blocks()))


@pytest.mark.parametrize("name", ARRAYS)
def test_it_is_a_file_that_numpy_reads(name: str) -> None:
    array = ARRAYS[name]
    written = content(array)
    loaded = np.load(io.BytesIO(written), allow_pickle=False)
    assert loaded.shape == array.shape
    assert repr(loaded.tolist()) == repr(array.tolist())
    assert data(array).size == len(written)
    assert data(array).sha256 == hashlib.sha256(written).hexdigest()


@pytest.mark.parametrize("name", ["plain", "empty", "scalar", "bool", "text", "time"])
def test_it_is_the_file_that_numpy_writes(name: str) -> None:
    file = io.BytesIO()
    np.save(file, ARRAYS[name])
    assert content(ARRAYS[name]) == file.getvalue()


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (ARRAYS["fortran"], ARRAYS["fortran"].copy("C")),
        (ARRAYS["big-endian"], ARRAYS["big-endian"].astype("<i4")),
        (np.array([np.nan, 1.0]), np.array([NEGATIVE_NAN, 1.0])),
        (np.array([complex(NEGATIVE_NAN, 1)]), np.array([complex(np.nan, 1)])),
        (ARRAYS["padded"], ARRAYS["padded"].astype([("a", "i1"), ("b", "f8")])),
    ],
)
def test_layout_and_bits_of_nan_are_no_content(one: Any, same: Any) -> None:
    assert data(one).sha256 == data(same).sha256


def test_the_array_itself_stays_as_it_is() -> None:
    array = np.array([NEGATIVE_NAN, 1.0])
    before = array.tobytes()
    assert content(array)
    assert array.tobytes() == before


def test_shape_and_type_are_content() -> None:
    zeros = [np.zeros(4), np.zeros((2, 2)), np.zeros(4, "i8"), np.zeros(8, "f4")]
    assert len({data(array).sha256 for array in zeros}) == 4


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(max_dims=3, max_side=7)), st.integers(1, 9))
def test_blocks_of_any_size_make_the_same_file(array: np.ndarray[Any, Any], size: int) -> None:
    whole = content(array)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_data, "_BLOCK", size)
        assert content(array) == whole
        assert content(array[::-1].T) == content(array[::-1].T.copy())
    np.testing.assert_array_equal(np.load(io.BytesIO(whole)), array)
