"""NumPy arrays and scalars of every kind."""

from __future__ import annotations

import json
import math
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import NotSerializableError
from lume_services.results.codec import canonical, comparable, content_hash, decode, encode

_kinds = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | hnp.complex_number_dtypes(endianness="?", sizes=(64, 128))
    | hnp.datetime64_dtypes(endianness="?")
    | hnp.timedelta64_dtypes(endianness="?")
    | hnp.byte_string_dtypes(min_len=1)
    | hnp.unicode_string_dtypes(endianness="?", min_len=1)
)
_structures = st.lists(st.tuples(_kinds, st.sampled_from([(), (2,), (1, 2)])), min_size=1).map(
    lambda fields: np.dtype([(f"f{place}", *field) for place, field in enumerate(fields)])
)
_dtypes = _kinds | _structures
_texts = [np.dtypes.StringDType] if hasattr(np.dtypes, "StringDType") else []  # since NumPy 2
_shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
_arrays = _dtypes.flatmap(lambda dtype: hnp.arrays(dtype, _shapes))


def back(value: Any) -> Any:
    return decode(json.loads(canonical(encode(value))))


def assert_same(loaded: np.ndarray, value: np.ndarray) -> None:
    assert type(loaded) is np.ndarray
    assert loaded.shape == value.shape
    assert loaded.dtype == value.dtype.newbyteorder("<")
    assert loaded.flags.writeable
    # NumPy tells NaN and NaT from other values only where they are in no structure.
    for name in value.dtype.names or ():
        np.testing.assert_array_equal(loaded[name], value[name])
    if value.dtype.names is None:
        np.testing.assert_array_equal(loaded, value)


@given(_arrays)
def test_array_round_trip(array: np.ndarray) -> None:
    assert_same(back(array), array)


@given(_arrays, st.permutations(range(3)))
def test_memory_order_is_kept_and_is_no_content(array: np.ndarray, axes: list[int]) -> None:
    turned = array.transpose([axis for axis in axes if axis < array.ndim])
    columns_first, rows_first = (np.array(turned, order=order) for order in "FC")
    loaded = back(columns_first)
    assert loaded.flags.f_contiguous
    assert_same(loaded, turned)
    assert content_hash(encode(turned)) == content_hash(encode(rows_first))
    assert content_hash(encode(columns_first)) == content_hash(encode(rows_first))


@given(_arrays)
def test_byte_order_is_no_content(array: np.ndarray) -> None:
    swapped = array.astype(array.dtype.newbyteorder())
    assert canonical(encode(swapped)) == canonical(encode(array))


@given(_kinds.flatmap(lambda dtype: hnp.from_dtype(dtype)))
def test_scalar_round_trip(scalar: Any) -> None:
    value = np.asarray(scalar)[()]
    loaded = back(value)
    assert type(loaded) is type(value)
    np.testing.assert_array_equal(np.asarray(loaded), np.asarray(value))
    compared = encode(value).get("value")
    assert compared is None or compared == comparable(value)


@pytest.mark.parametrize("kind", [np.longdouble, np.clongdouble])
def test_extended_precision_is_exact(kind: type) -> None:
    third = np.longdouble(1) / 3
    numbers = [third, -third * 2.0**300, 0.0, -0.0, math.inf, -math.inf, math.nan]
    info = np.finfo(np.longdouble)
    array = np.array([*numbers, info.max, info.tiny, info.smallest_subnormal], dtype=kind)
    loaded = back(array.reshape(2, 5))
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, array.reshape(2, 5))
    np.testing.assert_array_equal(np.signbit(loaded.real), np.signbit(array.real).reshape(2, 5))
    assert back(array[0]) == array[0]
    assert type(back(array[0])) is kind


def test_padding_of_structures_is_no_content() -> None:
    aligned = np.zeros(2, dtype=np.dtype([("a", "i1"), ("b", "<f8")], align=True))
    packed = np.zeros(2, dtype=[("a", "i1"), ("b", "<f8")])
    assert canonical(encode(aligned)) == canonical(encode(packed))


def test_all_nans_are_one() -> None:
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000001], dtype="u8").view("f8")
    assert canonical(encode(bits[:1])) == canonical(encode(bits[1:]))
    assert np.isnan(back(bits)).all()
    assert canonical(encode(bits[0])) == canonical(encode(bits[1]))


def test_the_array_given_is_not_changed() -> None:
    array = np.array([0xFFF8000000000001], dtype="u8").view("f8")
    encode(array)
    assert array.view("u8")[0] == 0xFFF8000000000001


@pytest.mark.parametrize(
    ("value", "compared"),
    [
        (np.float32(1.5), 1.5),
        (np.float64("inf"), 1.7976931348623157e308),
        (np.int8(-3), -3),
        (np.uint64(2**64 - 1), 1.8446744073709552e19),
        (np.bool_(True), True),
        (np.str_("é"), "é"),
        (np.datetime64("2024-01-02"), "2024-01-02T00:00:00.000000"),
        (np.datetime64("2024-01-02T03:04:05.123456789"), "2024-01-02T03:04:05.123456"),
        (np.timedelta64(90, "m"), 5400.0),
        (np.longdouble("1e4000") if np.finfo("g").max > 1e308 else 1e999, 1.7976931348623157e308),
    ],
)
def test_comparable(value: Any, compared: Any) -> None:
    assert comparable(value) == compared
    assert type(comparable(value)) is type(compared)


@pytest.mark.parametrize(
    "value",
    [np.float64("nan"), np.datetime64("NaT", "s"), np.timedelta64("NaT", "s")]
    + [
        np.timedelta64(1, "M"),
        np.complex64(1),
        np.bytes_(b"x"),
        np.datetime64("-0044-03-15"),
        np.str_("\ud800"),
    ],
)
def test_scalars_that_are_not_searched(value: Any) -> None:
    assert "value" not in encode(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.array([None]), r"has the NumPy type object; convert it with \.tolist"),
        (np.ma.masked_array([1.0], [True]), "is a NumPy MaskedArray"),
        *[(np.array(["a"], made()), "has the NumPy type StringDType") for made in _texts],
        (np.zeros(1, [("a", "O")]), "has the NumPy type object"),
        (np.zeros(1, [("a", "g")]), "has the NumPy type"),
        (np.zeros(1, [("\ud800", "i4")]), "has a field named"),
    ],
)
def test_refused_with_path(value: Any, reason: str) -> None:
    with pytest.raises(NotSerializableError, match=rf"^outputs\.x {reason}"):
        encode({"x": value}, "outputs")
