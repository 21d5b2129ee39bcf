"""What is written is what is read, for every packaged type."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lume_services.files.serializers.hdf5 import HDF5Serializer
from lume_services.files.serializers.json import JSONSerializer
from lume_services.files.serializers.numpy import NumpySerializer
from lume_services.files.serializers.text import TextSerializer
from lume_services.files.serializers.yaml import YAMLSerializer

quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
text = st.text()
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)
yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)
dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="=")
    | hnp.integer_dtypes(endianness=">")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?")
    | hnp.complex_number_dtypes(endianness="?")
    | hnp.datetime64_dtypes(endianness="?")
    | hnp.timedelta64_dtypes(endianness="?")
    | hnp.byte_string_dtypes(min_len=1)
    | hnp.unicode_string_dtypes(min_len=1, endianness="?")
)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
arrays = hnp.arrays(dtypes, shapes)
keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1
).filter(lambda key: key != ".")
hdf5_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
hdf5_values = st.dictionaries(
    keys,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats()
        | st.complex_numbers()
        | hdf5_text
        | st.binary()
        | arrays.filter(lambda array: array.size and array.dtype.kind != "U").map(
            lambda array: array.flat[0]
        )
        | arrays.filter(lambda array: array.dtype.kind != "U" or "\0" not in "".join(array.flat)),
        lambda inner: st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)


def round_trip(serializer: Any, value: Any, path: Path) -> Any:
    serializer().serialize(str(path), value)
    return serializer.deserialize(str(path))


def assert_same(found: Any, expected: Any) -> None:
    """Compare values, types, data types, shapes and NaN."""
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray | np.generic):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes()
    elif isinstance(expected, float):
        assert math.copysign(1, found) == math.copysign(1, expected) or math.isnan(expected)
        assert found == expected or (math.isnan(found) and math.isnan(expected))
    elif isinstance(expected, complex):
        assert repr(found) == repr(expected)
    else:
        assert found == expected


@quick
@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_text(value: str, tmp_path: Path) -> None:
    assert round_trip(TextSerializer, value, tmp_path / "a.txt") == value


@quick
@given(value=json_values)
def test_json(value: Any, tmp_path: Path) -> None:
    assert_same(round_trip(JSONSerializer, value, tmp_path / "a.json"), value)


@quick
@given(value=yaml_values)
def test_yaml(value: Any, tmp_path: Path) -> None:
    assert_same(round_trip(YAMLSerializer, value, tmp_path / "a.yaml"), value)


@quick
@given(value=arrays)
def test_numpy(value: Any, tmp_path: Path) -> None:
    assert_same(round_trip(NumpySerializer, value, tmp_path / "a.npy"), value)


@quick
@given(value=hdf5_values)
def test_hdf5(value: Any, tmp_path: Path) -> None:
    assert_same(round_trip(HDF5Serializer, value, tmp_path / "a.h5"), value)
