"""NumPy arrays and scalars.

Data are the little-endian bytes of the elements in C order: as base64 in strict JSON, else
as `ArrayData` or `StoredData`. An extended precision float has no bytes in common between
platforms and is written as its exact hexadecimal value instead.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from lume_services.results.codec.array_data import ArrayData, StoredData, npy_header
from lume_services.results.codec.data import SUFFIX
from lume_services.results.codec.large import LargeArray
from lume_services.results.codec.leaves import (
    from_base64,
    nearest_double,
    searched,
    storable,
)
from lume_services.results.codec.walk import Decoder, Walk

_WHOLE = re.compile(
    r"\|b1|[<|][iu][1248]|<f[248]|<c(8|16)|<[Mm]8(\[\d*[A-Za-z]+\])?|\|[SV][1-9]\d*|<U[1-9]\d*"
)
_EXTENDED = {"longdouble": np.longdouble, "clongdouble": np.clongdouble}
_WAY_OUT = "convert it with .tolist(), .astype(...) or numpy.asarray(...), or save it as a file"


def encode(value: Any, walk: Walk) -> Any:
    """Encode an array or a scalar; None for any other value."""
    if isinstance(value, np.generic):
        return searched({"@lume": "numpy", **_scalar(np.asarray(value), walk)}, _searched(value))
    if isinstance(value, LargeArray):
        kept = {"dtype": _describe(value.dtype, walk), "data": value.data}
        return {"@lume": "ndarray", "shape": list(value.shape), **_order(value.order), **kept}
    if not isinstance(value, np.ndarray):
        return None
    if type(value) is not np.ndarray:
        raise walk.refused(f"is a NumPy {type(value).__name__}", _WAY_OUT)
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    content = _extended(value) or _content(value, walk)
    return {"@lume": "ndarray", "shape": list(value.shape), **_order(order), **content}


def _order(order: str) -> dict[str, str]:
    return {"order": "F"} if order == "F" else {}


def _scalar(array: np.ndarray[Any, Any], walk: Walk) -> dict[str, Any]:
    content = _extended(array) or _content(array, walk)
    data = content["data"]
    return {**content, "data": data.text() if isinstance(data, ArrayData) else data}


def _content(array: np.ndarray[Any, Any], walk: Walk) -> dict[str, Any]:
    described = _describe(array.dtype, walk)
    return {"dtype": described, "data": ArrayData(array, _dtype(described))}


def _extended(array: np.ndarray[Any, Any]) -> dict[str, Any] | None:
    for name, kind in _EXTENDED.items():
        if array.dtype.type is kind and array.dtype.name not in ("float64", "complex128"):
            parts = array.ravel().view(np.longdouble) if name == "clongdouble" else array.ravel()
            return {"dtype": name, "data": [_to_hex(x) for x in parts]}
    return None


def _describe(dtype: np.dtype[Any], walk: Walk) -> Any:
    if dtype.names is not None:
        return [_describe_field(name, dtype[name], walk) for name in dtype.names]
    text = dtype.str.replace(">", "<")
    if _WHOLE.fullmatch(text) is None:
        raise walk.refused(f"has the NumPy type {dtype}", _WAY_OUT)
    return text


def _describe_field(name: str, dtype: np.dtype[Any], walk: Walk) -> list[Any]:
    if not storable(name):
        raise walk.refused(f"has a field named {name!r}", "name it by plain text")
    if dtype.subdtype is None:
        return [name, _describe(dtype, walk)]
    base, shape = dtype.subdtype
    return [name, _describe(base, walk), list(shape)]


def _dtype(described: Any) -> np.dtype[Any]:
    if isinstance(described, str):
        if _WHOLE.fullmatch(described) is None:
            raise ValueError(f"unknown dtype {described!r}")
        return np.dtype(described)
    fields = [(name, _dtype(kind), *map(tuple, shape)) for name, kind, *shape in described]
    return np.dtype(fields)


def _searched(value: np.generic) -> Any:
    if isinstance(value, np.timedelta64):
        return nearest_double(value / np.timedelta64(1, "s")) if _has_length(value) else None
    if isinstance(value, np.datetime64):
        text = str(np.datetime_as_string(value, unit="us", casting="unsafe"))
        return text if re.fullmatch(r"\d{4}-.*", text) else None
    if isinstance(value, np.floating):
        return nearest_double(value)
    item = value.item()
    if isinstance(item, str):
        return item if storable(item) else None
    if isinstance(item, bool):
        return item
    if isinstance(item, int):
        return item if -(2**63) <= item < 2**63 else nearest_double(item)
    return None


def _has_length(value: np.timedelta64) -> bool:
    # Months and years have no fixed number of seconds, and neither has a bare count.
    return np.datetime_data(value.dtype)[0] not in ("generic", "M", "Y")


def _to_hex(number: Any) -> str:
    if not np.isfinite(number):
        return str(number)
    if number == 0:
        return "-0" if np.signbit(number) else "0"
    numerator, denominator = number.as_integer_ratio()
    exponent = 1 - denominator.bit_length()
    zeros = (numerator & -numerator).bit_length() - 1
    return f"{numerator >> zeros:x}p{exponent + zeros}"


def _from_hex(text: str) -> Any:
    if text in ("nan", "inf", "-inf", "0", "-0"):
        return np.longdouble(text)
    mantissa, exponent = text.split("p")
    number = np.ldexp(np.longdouble(int(mantissa, 16)), int(exponent))
    if _to_hex(number) != text:
        raise ValueError(f"this machine's longdouble cannot hold {text}")
    return number


def _decode_content(tag: dict[str, Any], shape: list[int]) -> np.ndarray[Any, Any]:
    if isinstance(tag["dtype"], str) and tag["dtype"] in _EXTENDED:
        flat = np.array([_from_hex(text) for text in tag["data"]], dtype=np.longdouble)
        return flat.view(_EXTENDED[tag["dtype"]]).reshape(shape)
    dtype, data = _dtype(tag["dtype"]), bytearray(from_base64(tag["data"]))
    if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{len(data)} bytes for {shape} elements of {dtype}")
    return np.ndarray(shape, dtype, data)


def _decode_array(tag: dict[str, Any], walk: Walk) -> np.ndarray[Any, Any] | LargeArray:
    shape, order, data = tag["shape"], tag.get("order", "C"), tag["data"]
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"shape {shape!r}")
    if not isinstance(data, dict):
        array = _decode_content(tag, shape)
        return np.asfortranarray(array) if order == "F" else array
    dtype, value = _dtype(tag["dtype"]), walk.stored(data, SUFFIX)
    header, nbytes = len(npy_header(tuple(shape), dtype)), math.prod(shape) * dtype.itemsize
    if value.size != header + nbytes:
        raise ValueError(f"{value.size} bytes for {shape} elements of {dtype}")
    large = LargeArray(StoredData(value, nbytes), tuple(shape), dtype, order)
    return large if walk.lazy else np.asarray(large)


def digest(tag: dict[str, Any]) -> str:
    """Return the digest of the content of an array's tag, stored or not."""
    if isinstance(tag["data"], dict):
        return str(tag["data"]["sha256"])
    array = _decode_content(tag, tag["shape"])
    return ArrayData(array, array.dtype).sha256


def _decode_scalar(tag: dict[str, Any], walk: Walk) -> Any:
    return _decode_content(tag, [])[()]


DECODERS: dict[str, Decoder] = {"ndarray": _decode_array, "numpy": _decode_scalar}
