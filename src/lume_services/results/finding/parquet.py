"""Rows as Parquet, with one type for each column over the whole file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lume_services.extras import needed
from lume_services.results.codec.large import LargeArray
from lume_services.results.finding.columns import scalar

with needed("parquet", "a Parquet file"):
    import pyarrow as pa
    from pyarrow import parquet

# How much of a file of rows is held at a time.
_GROUP_BYTES = 8 * 2**20
_GROUP_ROWS = 10_000
_INT64 = range(-(2**63), 2**63)

# A kind of value: its type and, for lists and arrays, how deep they nest.
Kind = tuple[str, int]

_MIXED: Kind = ("mixed", 0)
_TYPES = {
    "nothing": pa.null(),
    "truth": pa.bool_(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "text": pa.string(),
    "bytes": pa.binary(),
    "moment": pa.timestamp("us", tz="UTC"),
    "time": pa.timestamp("us"),
    "date": pa.date32(),
    "mixed": pa.string(),
}
_OF_PYTHON = {bool: "truth", float: "number", str: "text", bytes: "bytes", date: "date"}
_OF_NUMPY = {"b": "truth", "i": "whole", "f": "number", "U": "text"}


class Kinds:
    """What kinds of values columns hold, and so their types.

    A column of whole numbers, numbers, truth values, texts, bytes, times with or without zone,
    dates, or of lists of one of them nested equally deep, has that type; whole numbers among
    numbers are numbers. Any other column is JSON text.
    """

    def __init__(self) -> None:
        self._seen: dict[str, set[Kind]] = {}

    def see(self, row: Mapping[str, Any]) -> None:
        """Take note of a row of stored values."""
        for name, stored in row.items():
            value = scalar(stored)
            if value is not None:
                self._seen.setdefault(name, set()).add(_kind(value))

    def write(self, path: Path, names: Sequence[str], lines: Iterable[str]) -> tuple[str, ...]:
        """Write rows, each a line of JSON, and return the columns that became JSON text."""
        kinds = {name: _common(self._seen.get(name, set())) for name in names}
        schema = pa.schema([(name, _type(kind)) for name, kind in kinds.items()])
        with parquet.ParquetWriter(path, schema) as writer:
            for group in _groups(lines):
                columns = [_column([row.get(name) for row in group], kinds[name]) for name in names]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        return tuple(name for name, kind in kinds.items() if kind == _MIXED)


def _groups(lines: Iterable[str]) -> Iterable[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        group.append(json.loads(line))
        size += len(line)
        if size > _GROUP_BYTES or len(group) == _GROUP_ROWS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _kind(value: Any) -> Kind:
    if isinstance(value, np.ndarray | LargeArray):
        name = _OF_NUMPY.get(value.dtype.kind, "mixed")
        return (name, value.ndim) if name != "mixed" else _MIXED
    if isinstance(value, list | tuple):
        inner, depth = _common({_kind(item) for item in value if item is not None})
        return _MIXED if inner == "mixed" else (inner, depth + 1)
    if type(value) is int:
        return ("whole", 0) if value in _INT64 else _MIXED
    if isinstance(value, datetime):
        exact = not getattr(value, "nanosecond", 0)
        return ("time" if value.tzinfo is None else "moment", 0) if exact else _MIXED
    return _OF_PYTHON.get(type(value), "mixed"), 0


def _common(kinds: set[Kind]) -> Kind:
    # An empty list goes with lists of anything that are as deep as it, or deeper.
    empty = max((depth for name, depth in kinds if name == "nothing"), default=0)
    full = {kind for kind in kinds if kind[0] != "nothing"}
    if not full:
        return "nothing", empty
    names, depths = {name for name, _ in full}, {depth for _, depth in full}
    if names == {"whole", "number"}:
        names = {"number"}
    if len(names) > 1 or len(depths) > 1 or empty > min(depths):
        return _MIXED
    return names.pop(), depths.pop()


def _type(kind: Kind) -> Any:
    name, depth = kind
    return _TYPES[name] if depth == 0 else pa.list_(_type((name, depth - 1)))


def _column(stored: Sequence[Any], kind: Kind) -> Any:
    return pa.array([_native(scalar(value), kind) for value in stored], _type(kind))


def _native(value: Any, kind: Kind) -> Any:
    from lume_services.results.finding.export import as_json

    if value is None:
        return None
    if kind == _MIXED:
        return as_json(value)
    if isinstance(value, np.ndarray | LargeArray):
        whole = np.asarray(value, np.float64 if kind[0] == "number" else None)
        return whole if value.ndim == 1 else whole.tolist()
    return float(value) if kind == ("number", 0) else value
