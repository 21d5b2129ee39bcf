"""Nested dictionaries as HDF5 groups and datasets.

Dictionaries are groups and values are datasets: arrays with dimensions are NumPy arrays, text
is str, and numbers of Python's own widths are Python numbers. What that does not tell apart (a
Python number from a NumPy scalar, bytes from an array) is told by the attribute ``python_type``.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from lume_services.errors import FileCorruptError, InputError
from lume_services.files.serializers.hdf5_safety import claims_too_much
from lume_services.files.serializers.hdf5_stream import created
from lume_services.files.serializers.plain import MAX_DEPTH

MARK = "python_type"

_ARRAY_KINDS = "biufcSUMm"
# The NumPy types that a Python number is stored as.
_PYTHON = (np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.complex128))
_HOLDS = (
    "dict with str keys, numpy arrays and scalars (numbers, bool, text, bytes, datetime64), "
    "int, float, complex, bool, str, bytes and None"
)


def write(filename: str, obj: dict[str, Any]) -> None:
    """Write nested dictionaries.

    Parameters
    ----------
    filename
        The file to create.
    obj
        The outermost dictionary.
    """
    if type(obj) is not dict:
        raise InputError(
            f"an HDF5File holds a lume-base object or a dict, not {type(obj).__name__}; "
            "put the value in a dict."
        )
    with created(filename) as stream, h5py.File(stream, "w", track_order=True) as file:
        _write_group(file, obj, 0)


def read(file: h5py.Group) -> dict[str, Any]:
    """Read nested dictionaries from an open file."""
    return {
        name: read(child) if isinstance(child, h5py.Group) else _read_value(child)
        for name, child in file.items()
    }


def _write_group(group: h5py.Group, values: dict[str, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InputError(
            f"{group.name[:80]!r} is nested deeper than the {MAX_DEPTH} levels that an HDF5File "
            "holds; does a dictionary hold itself?"
        )
    for key, value in values.items():
        _check_key(group, key)
        if type(value) is dict:
            _write_group(group.create_group(key, track_order=True), value, depth + 1)
        else:
            _write_value(group, key, value)


def _check_key(group: h5py.Group, key: object) -> None:
    if not isinstance(key, str) or key in {"", "."} or "/" in key or not _is_text(key):
        raise InputError(
            f"the key {key!r} in {group.name!r} cannot be a name in HDF5; "
            "use text that is not empty, not '.', and holds no '/' and no NUL."
        )


def _write_value(group: h5py.Group, key: str, value: Any) -> None:
    try:
        mark, data, dtype = _encode(value)
    except InputError as error:
        place = f"{group.name.rstrip('/')}/{key}"
        raise InputError(f"the value at {place!r} {error}; an HDF5File holds {_HOLDS}.") from None
    dataset = group.create_dataset(key, data=data, dtype=dtype)
    if mark:
        dataset.attrs[MARK] = mark


def _encode(value: Any) -> tuple[str | None, Any, Any]:
    """Return the mark, the data and the HDF5 type of a value."""
    kind = type(value)
    if value is None:
        return "None", h5py.Empty("f8"), None
    if kind is str:
        return None, _text(value), h5py.string_dtype()
    if kind is bytes:
        return "bytes", np.frombuffer(value, dtype=np.uint8), None
    if kind is int:
        return _encode_integer(value)
    if kind in (bool, float, complex):
        return None, value, None
    if kind is np.ndarray or isinstance(value, np.generic):
        return _encode_array(value)
    raise InputError(f"is of type {kind.__module__}.{kind.__qualname__}")


def _encode_integer(value: int) -> tuple[str | None, Any, Any]:
    for kind, mark in ((np.int64, None), (np.uint64, "int")):
        if np.iinfo(kind).min <= value <= np.iinfo(kind).max:
            return mark, kind(value), None
    raise InputError("is an int of more than 64 bits")


def _encode_array(value: Any) -> tuple[str | None, Any, Any]:
    array, dtype = np.asarray(value), value.dtype
    mark = None
    if not array.ndim:
        mark = "array" if array is value else "numpy" if dtype in _PYTHON else None
    if dtype.kind not in _ARRAY_KINDS:
        raise InputError(f"has the data type {dtype}")
    if dtype.kind == "U":
        texts = np.array([_text(text) for text in array.flat], dtype=object)
        return f"{mark or 'numpy'} {dtype.str}", texts.reshape(array.shape), h5py.string_dtype()
    if dtype.kind in "mM":
        return f"{mark or 'numpy'} {dtype.str}", array.view(f"{dtype.byteorder}i8"), None
    return mark, array, None


def _read_value(dataset: h5py.Dataset) -> Any:
    if dataset.shape is None:
        return None
    mark = dataset.attrs.get(MARK)
    is_text = h5py.check_string_dtype(dataset.dtype) and dataset.dtype.hasobject
    value = _read_text(dataset) if is_text else _read_array(dataset)
    if mark is not None:
        return _decode(dataset, mark, value)
    if is_text:
        return value.astype(str) if dataset.ndim else str(value)
    if dataset.ndim:
        return value
    return value.item() if value[()].dtype in _PYTHON else value[()]


def _read_text(dataset: h5py.Dataset) -> Any:
    try:
        return dataset.asstr()[()]
    except UnicodeDecodeError as error:
        raise FileCorruptError(
            f"{dataset.name!r} in {dataset.file.filename!r} is not UTF-8 text: {error}."
        ) from None


def _read_array(dataset: h5py.Dataset) -> Any:
    if dataset.dtype.hasobject:
        raise FileCorruptError(
            f"{dataset.name!r} in {dataset.file.filename!r} holds references or arrays of "
            "different lengths, which are not read; save plain arrays."
        )
    # Indexing would turn a 0-d array into a scalar and lose its byte order.
    array = np.empty(dataset.shape, dataset.dtype)
    if array.size:
        dataset.read_direct(array)
    return array


def _decode(dataset: h5py.Dataset, mark: Any, value: Any) -> Any:
    try:
        if mark == "int":
            return int(value.item())
        if mark == "bytes":
            return value.astype(np.uint8).tobytes()
        if mark in {"array", "numpy"}:
            return value if mark == "array" else value[()]
        return _decode_array(dataset, str(mark), np.asarray(value))
    except (TypeError, ValueError, AttributeError) as error:
        raise FileCorruptError(
            f"{dataset.name!r} in {dataset.file.filename!r} is marked as {mark!r} and is not: "
            f"{error}."
        ) from None


def _decode_array(dataset: h5py.Dataset, mark: str, array: Any) -> Any:
    shape, _, name = mark.partition(" ")
    dtype = np.dtype(name)
    if shape not in {"array", "numpy"} or dtype.kind not in "mMU":
        raise ValueError("there is no such type")
    if claims_too_much(dataset, array.size * dtype.itemsize):
        raise ValueError("the type is larger than the data")
    array = array.astype(dtype) if dtype.kind == "U" else array.view(dtype)
    return array[()] if shape == "numpy" and not array.ndim else array


def _text(value: str) -> str:
    if not _is_text(value):
        raise InputError("is text with NUL or lone surrogates")
    return str(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
