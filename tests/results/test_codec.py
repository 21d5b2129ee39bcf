"""Plain values, containers, tags and what is refused."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from decimal import Decimal
from enum import Enum, Flag, IntEnum, auto
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import NotSerializableError, QueryError, ResultsError
from lume_services.files import TextFile, TextResult
from lume_services.results.codec import (
    MAX_DEPTH,
    TAG,
    canonical,
    comparable,
    content_hash,
    decode,
    encode,
    register_enum,
)


@register_enum
class Plane(Enum):
    X = "x"
    Y = ("y", 2)


@register_enum
class Order(IntEnum):
    FIRST = 1


@register_enum
class Mode(Flag):
    A = auto()
    B = auto()


class Unregistered(Enum):
    X = 1


_numbers = st.integers() | st.floats() | st.complex_numbers() | st.decimals(allow_nan=False)
_texts = st.text(st.characters() | st.sampled_from('\0\ud800"\\{[@$.'))
_keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.just(TAG)
_hashable = st.none() | st.booleans() | st.integers() | _texts | st.binary() | st.uuids()
_leaves = (
    _hashable
    | _numbers
    | st.sampled_from([*Plane, Order.FIRST, Mode.A | Mode.B, Mode(0)])
    | st.sampled_from([Path("/a/b"), PurePosixPath("a"), PureWindowsPath(r"c:\a")])
)
values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(_keys, inner)
        | st.sets(_hashable)
        | st.frozensets(_hashable)
    ),
    max_leaves=20,
)


def same(a: Any, b: Any) -> bool:
    """Equal in type and value, NaN to NaN, and -0.0 not to 0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return repr(a) == repr(b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


@given(values)
def test_round_trip(value: Any) -> None:
    text = canonical(encode(value))
    assert same(decode(json.loads(text)), value)


@given(values)
def test_json_is_strict_and_encoding_again_changes_nothing(value: Any) -> None:
    document = encode(value)
    text = json.dumps(document, allow_nan=False)
    assert canonical(encode(decode(json.loads(text)))) == canonical(document)


@given(st.recursive(st.none() | st.booleans() | st.text(), st.lists))
def test_json_without_numbers_stays_as_it_is(value: Any) -> None:
    clean = json.loads(json.dumps(value).replace(r"\u0000", "").replace(r"\ud", "x"))
    assert encode(clean) == clean


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "[1, 2]", "null", "NaN", "12", '{"@lume": "int", "text": "1"}']
)
def test_text_that_looks_like_json_stays_text(text: str) -> None:
    assert encode(text) == text
    assert decode(text) == text


def test_a_dictionary_with_the_tag_key_is_no_tag() -> None:
    value = {"@lume": "bytes", "data": "eA==", "inner": {"@lume": 1}}
    assert encode(value)["@lume"] == "dict"
    assert decode(encode(value)) == value


def test_decimal_nan_and_exact_digits() -> None:
    assert decode(encode(Decimal("NaN"))).is_nan()
    assert str(decode(encode(Decimal("1.10")))) == "1.10"


def test_file_and_file_result(tmp_path: Path) -> None:
    file = TextFile(str(tmp_path / "a.txt"))
    file.write("content")
    loaded = decode(encode({"f": file}))["f"]
    assert type(loaded) is TextFile
    assert loaded.jsonable_dict() == file.jsonable_dict()
    assert loaded.read() == "content"
    result = decode(encode(TextResult.from_file(file)))
    assert type(result) is TextResult
    assert result.jsonable_dict() == file.jsonable_dict()


@pytest.mark.parametrize(
    ("value", "compared"),
    [
        (3, 3),
        (True, True),
        (None, None),
        ("x", "x"),
        (math.inf, 1.7976931348623157e308),
        (-math.inf, -1.7976931348623157e308),
        (10**400, 1.7976931348623157e308),
        (-(2**63) - 1, -(2.0**63)),
        (Decimal("1.5"), 1.5),
        (Path("/a"), "/a"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Plane.X, "x"),
        (Order.FIRST, 1),
        (Mode.B, 2),
    ],
)
def test_comparable(value: Any, compared: Any) -> None:
    assert comparable(value) == compared
    assert type(comparable(value)) is type(compared)


@pytest.mark.parametrize("value", [math.nan, [1], {"a": 1}, 1j, b"x", "\0", Plane.Y])
def test_values_that_queries_cannot_compare(value: Any) -> None:
    with pytest.raises(QueryError, match="cannot search for"):
        comparable(value)


def test_refusal_names_path_type_and_ways_out() -> None:
    with pytest.raises(
        NotSerializableError,
        match=r"^outputs\.beam\[3\]\.x is a builtins\.object, which has no JSON form; .*File",
    ):
        encode({"beam": [0, 1, 2, {"x": object()}]}, "outputs")


def test_path_quotes_keys_that_are_no_names() -> None:
    with pytest.raises(NotSerializableError, match=r"^outputs\['a b'\]\[0\] is a builtins\.type"):
        encode({"a b": [int]}, "outputs")


@pytest.mark.parametrize("key", [1, None, ("a",), "\0", "\ud800"])
def test_keys_that_are_no_plain_text_are_refused(key: Any) -> None:
    with pytest.raises(NotSerializableError, match=r"outputs\.a has the key .*keys are text"):
        encode({"a": {key: 1}}, "outputs")


def test_unregistered_enum_is_refused_with_the_way_to_register() -> None:
    with pytest.raises(NotSerializableError, match=r"Unregistered, which is not.*register_enum"):
        encode([Unregistered.X])


def test_an_enum_is_not_found_by_import() -> None:
    tag = {"@lume": "enum", "class": "enum.FlagBoundary", "member": "STRICT"}
    with pytest.raises(ResultsError, match=r"'enum\.FlagBoundary' is not registered; import"):
        decode(tag)


def test_nesting_is_bounded() -> None:
    value: list[Any] = []
    for _ in range(MAX_DEPTH):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(NotSerializableError, match="nests deeper than 64 levels"):
        encode([value])
    with pytest.raises(ResultsError, match="nests deeper than 64 levels"):
        decode([value])


def test_a_cycle_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(NotSerializableError, match="nests deeper than 64 levels"):
        encode(value)


@pytest.mark.parametrize(
    "document",
    [
        {"@lume": "nonsense"},
        {"@lume": None},
        {"@lume": ["int"]},
        {"@lume": "int"},
        {"@lume": "int", "text": "x"},
        {"@lume": "int", "text": "9" * 5000},
        {"@lume": "float", "text": "1.5"},
        {"@lume": "bytes", "data": "a"},
        {"@lume": "bytes", "data": "é"},
        {"@lume": "bytes", "data": 3},
        {"@lume": "str", "data": "/w=="},
        {"@lume": "dict", "items": [["a"]]},
        {"@lume": "dict", "items": [[1, 2]]},
        {"@lume": "dict"},
        {"@lume": "tuple", "items": "abc"},
        {"@lume": "set", "items": [[1]]},
        {"@lume": "complex", "real": [], "imag": 0},
        {"@lume": "uuid", "value": "x"},
        {"@lume": "decimal", "text": "x"},
        {"@lume": "path", "flavour": "os", "value": "x"},
        {"@lume": "datetime", "local": "x"},
        {"@lume": "datetime", "local": "2020-01-01T00:00:00", "zone": "../../etc/passwd"},
        {"@lume": "datetime", "local": "2020-01-01T00:00:00", "zone": "No/Where"},
        {"@lume": "datetime", "local": "2020-01-01T00:00:00", "fold": 7},
        {"@lume": "timedelta", "exact": [1e300, 0, 0]},
        {"@lume": "enum", "class": [], "member": "X"},
        {"@lume": "ndarray", "shape": [10**12], "dtype": "<f8", "data": ""},
        {"@lume": "ndarray", "shape": [0, 10**30], "dtype": "<f8", "data": ""},
        {"@lume": "ndarray", "shape": [-1], "dtype": "<f8", "data": "AAAAAAAA8D8="},
        {"@lume": "ndarray", "shape": "1", "dtype": "<f8", "data": "AAAAAAAA8D8="},
        {"@lume": "ndarray", "shape": [1], "dtype": "|O", "data": "AAAAAAAA8D8="},
        {"@lume": "ndarray", "shape": [1], "dtype": "object", "data": "AAAAAAAA8D8="},
        {"@lume": "ndarray", "shape": [10**9], "dtype": "|V0", "data": ""},
        {"@lume": "ndarray", "shape": [9], "dtype": [["a", "<f8", [0]]], "data": ""},
        {"@lume": "ndarray", "shape": [1], "dtype": "longdouble", "data": ["1p99999999999"]},
        {"@lume": "ndarray", "shape": [1], "dtype": "longdouble", "data": ["__import__('os')"]},
        {"@lume": "dataframe", "index": 1, "names": 2, "columns": [3]},
        {"@lume": "series", "index": None, "name": None, "column": {"@lume": "column"}},
        {"@lume": "index", "range": [1, 2, 0], "names": [None]},
        {"@lume": "timestamp", "count": 1, "unit": "x"},
        {"@lume": "missing", "name": "os"},
    ],
    ids=str,
)
def test_hostile_documents_are_refused(document: Any) -> None:
    with pytest.raises(ResultsError, match=r"the stored document cannot be read: at outputs\.a"):
        decode({"a": document}, "outputs")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_tags = st.sampled_from(
    ["int", "float", "str", "bytes", "tuple", "set", "dict", "datetime", "time", "timedelta"]
    + ["enum", "path", "ndarray", "numpy", "dataframe", "series", "index", "column", "timestamp"]
    + ["complex", "decimal", "uuid", "timestamp_difference", "missing"]
)
_entries = st.sampled_from(
    ["items", "text", "data", "value", "shape", "dtype", "local", "zone", "offset", "exact"]
    + ["columns", "names", "index", "column", "array", "codes", "categories", "range", "unit"]
)


@given(_tags, st.dictionaries(_entries, _json))
def test_any_tag_is_read_or_refused(tag: str, entries: dict[str, Any]) -> None:
    with suppress(ResultsError):
        decode({**entries, "@lume": tag})


def test_hash_ignores_key_order_only() -> None:
    assert content_hash(encode({"a": 1, "b": [2]})) == content_hash(encode({"b": [2], "a": 1}))
    assert content_hash(encode([1, 2])) != content_hash(encode([2, 1]))
    assert content_hash(encode(1)) != content_hash(encode(1.0))
    assert content_hash(encode((1,))) != content_hash(encode([1]))
