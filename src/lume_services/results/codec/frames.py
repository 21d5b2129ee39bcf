"""pandas: timestamps, time differences, missing values, indexes, series and tables.

A column is its values, by the sort of its type: a NumPy array; items one by one for
objects and texts; categories and codes; values and mask for nullable numbers; UTC
values and zone for times with a zone. ``attrs`` and ``flags`` are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lume_services.results.codec.leaves import searched
from lume_services.results.codec.times import decode_zone, encode_zone, sortable
from lume_services.results.codec.walk import Decoder, Walk

_NULLABLE = {
    dtype.name: dtype
    for dtype in (
        *(pd.Int8Dtype(), pd.Int16Dtype(), pd.Int32Dtype(), pd.Int64Dtype()),
        *(pd.UInt8Dtype(), pd.UInt16Dtype(), pd.UInt32Dtype(), pd.UInt64Dtype()),
        *(pd.Float32Dtype(), pd.Float64Dtype(), pd.BooleanDtype()),
    )
}
_INDEXES = (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex)
_WAY_OUT = "convert it with .astype(...) or .to_numpy(), or save it as a file"


@dataclass
class _Column:
    """The values of a series, an index or a column of a table; only inside of these."""

    array: Any


def encode(value: Any, walk: Walk) -> Any:
    """Encode a value of pandas; None for any other value."""
    if type(value) is _Column:
        return {"@lume": "column", **_column(value.array, walk)}
    if value is pd.NaT or value is pd.NA:
        return {"@lume": "missing", "name": "NaT" if value is pd.NaT else "NA"}
    if type(value) is pd.Timestamp:
        return _encode_timestamp(value, walk)
    if type(value) is pd.Timedelta:
        exact = {"count": int(value.asm8.view("i8")), "unit": value.unit}
        return {"@lume": "timestamp_difference", **exact, "value": value.total_seconds()}
    if isinstance(value, pd.Index):
        return {"@lume": "index", **_index(value, walk)}
    if type(value) is pd.Series:
        index, name = walk.into("index", value.index), walk.into("name", value.name)
        column = walk(_Column(value.array))
        return {"@lume": "series", "index": index, "name": name, "column": column}
    if type(value) is pd.DataFrame:
        return _encode_frame(value, walk)
    return None


def _encode_timestamp(value: pd.Timestamp, walk: Walk) -> dict[str, Any]:
    exact = {"count": int(value.asm8.view("i8")), "unit": value.unit}
    tag = {"@lume": "timestamp", **exact, **encode_zone(value.tzinfo, walk)}
    try:
        return searched(tag, sortable(value.to_pydatetime(warn=False)))
    except ValueError:  # a year that datetime does not have
        return tag


def _encode_frame(value: pd.DataFrame, walk: Walk) -> dict[str, Any]:
    columns = [
        walk.into(str(name), _Column(value.iloc[:, place].array))
        for place, name in enumerate(value.columns)
    ]
    return {
        "@lume": "dataframe",
        "index": walk.into("index", value.index),
        "names": walk.into("columns", value.columns),
        "columns": columns,
    }


def _index(value: pd.Index, walk: Walk) -> dict[str, Any]:
    names = {"names": [walk.into("name", name) for name in value.names]}
    if type(value) is pd.RangeIndex:
        return {"range": [value.start, value.stop, value.step], **names}
    if type(value) is pd.MultiIndex:
        levels = [value.get_level_values(place).array for place in range(value.nlevels)]
        return {"levels": [walk(_Column(level)) for level in levels], **names}
    if type(value) not in _INDEXES:
        raise walk.refused(f"is a pandas {type(value).__name__}", _WAY_OUT)
    freq = getattr(value, "freqstr", None)
    return {"column": walk(_Column(value.array)), **names, **({"freq": freq} if freq else {})}


def _column(array: Any, walk: Walk) -> dict[str, Any]:
    dtype = array.dtype
    if type(array) is pd.arrays.NumpyExtensionArray or isinstance(dtype, np.dtype):
        plain = np.asarray(array)
        return {"items": walk.each(plain)} if plain.dtype == object else {"array": walk(plain)}
    if isinstance(dtype, pd.StringDtype):
        items = [None if pd.isna(item) else item for item in array]
        return {"texts": walk.each(items), "missing": "NA" if dtype.na_value is pd.NA else "nan"}
    if isinstance(dtype, pd.CategoricalDtype):
        categories = walk(_Column(dtype.categories.array))
        codes = {"codes": walk(np.asarray(array.codes)), "ordered": bool(dtype.ordered)}
        return {"categories": categories, **codes}
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments = array.tz_convert("UTC").tz_localize(None).to_numpy()
        return {"moments": walk(moments), **encode_zone(dtype.tz, walk)}
    if dtype.name in _NULLABLE:
        mask = array.isna()
        values = array.to_numpy(dtype.numpy_dtype, na_value=dtype.type(0))
        return {"values": walk(values), "mask": walk(mask), "dtype": dtype.name}
    raise walk.refused(f"has the pandas type {dtype}", _WAY_OUT)


def _from_column(tag: dict[str, Any], walk: Walk) -> Any:
    if "array" in tag:
        return _array(tag["array"], walk)
    if "items" in tag:
        return _objects(walk.each(tag["items"]))
    if "texts" in tag:
        return pd.array(walk.each(tag["texts"]), dtype=pd.StringDtype(na_value=_NA[tag["missing"]]))
    if "codes" in tag:
        categories = pd.Index(walk(tag["categories"]))
        return pd.Categorical.from_codes(
            _array(tag["codes"], walk), categories, ordered=tag["ordered"]
        )
    if "moments" in tag:
        moments = pd.array(_array(tag["moments"], walk))
        return moments.tz_localize("UTC").tz_convert(decode_zone(tag, walk))
    values = pd.array(_array(tag["values"], walk), dtype=_NULLABLE[tag["dtype"]])
    values[_array(tag["mask"], walk)] = pd.NA
    return values


def _array(tag: Any, walk: Walk) -> np.ndarray[Any, Any]:
    # pandas has no arrays that are read when used.
    return np.asarray(walk(tag))


def _objects(items: list[Any]) -> Any:
    # numpy.array would make rows of items that are lists.
    array = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        array[place] = item
    return array


def _from_index(tag: dict[str, Any], walk: Walk) -> pd.Index:
    names = walk.each(tag["names"])
    if "range" in tag:
        start, stop, step = tag["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    if "levels" in tag:
        return pd.MultiIndex.from_arrays(walk.each(tag["levels"]), names=names)
    index = pd.Index(walk(tag["column"]), dtype=_dtype(tag["column"]), name=names[0])
    if "freq" in tag:
        index.freq = tag["freq"]
    return index


def _from_series(tag: dict[str, Any], walk: Walk) -> pd.Series:
    column = walk(tag["column"])
    return pd.Series(column, walk(tag["index"]), _dtype(tag["column"]), walk(tag["name"]))


def _dtype(column: dict[str, Any]) -> Any:
    # pandas would make texts or numbers of objects that look like them.
    return object if "items" in column else None


def _from_frame(tag: dict[str, Any], walk: Walk) -> pd.DataFrame:
    index, names = walk(tag["index"]), walk(tag["names"])
    columns = {
        place: pd.Series(walk(column), index, dtype=_dtype(column))
        for place, column in enumerate(tag["columns"])
    }
    frame = pd.DataFrame(columns, index=index)
    frame.columns = names
    return frame


def _from_timestamp(tag: dict[str, Any], walk: Walk) -> pd.Timestamp:
    moment = pd.Timestamp(np.datetime64(tag["count"], tag["unit"]))
    zone = decode_zone(tag, walk)
    return moment if zone is None else moment.tz_localize("UTC").tz_convert(zone)


_NA = {"NA": pd.NA, "nan": np.nan}
_MISSING = {"NaT": pd.NaT, "NA": pd.NA}

DECODERS: dict[str, Decoder] = {
    "missing": lambda tag, walk: _MISSING[tag["name"]],
    "timestamp": _from_timestamp,
    "timestamp_difference": lambda tag, walk: pd.Timedelta(
        np.timedelta64(tag["count"], tag["unit"])
    ),
    "column": _from_column,
    "index": _from_index,
    "series": _from_series,
    "dataframe": _from_frame,
}
