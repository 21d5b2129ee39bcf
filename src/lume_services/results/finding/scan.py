"""Scans over parameters as grids."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from lume_services.errors import InputError
from lume_services.extras import needed
from lume_services.results.codec.large import LargeArray
from lume_services.results.finding.columns import UNITS, units_path

with needed("xarray", "a grid of a scan"):
    import xarray as xr

# A scan that fills less than one place in so many is no grid.
_SPARSEST = 1000
_SMALL = 10**6

Rows = Sequence[Mapping[str, Any]]
Place = tuple[int, ...]


def dataset(rows: Rows, dims: Sequence[str], identity: str) -> xr.Dataset:
    """Return rows as a grid.

    Parameters
    ----------
    rows
        Values by path.
    dims
        Paths of the parameters that were scanned.
    identity
        Path of what names a row in errors.
    """
    grid = _Grid(rows, dims, identity)
    paths = dict.fromkeys(path for row in rows for path in row)
    shown = [p for p in paths if p not in dims and p != identity and not _is_unit(p)]
    names = _names([*dims, *shown])
    variables = {names[path]: grid.variable(path, names) for path in shown}
    coordinates = {names[dim]: grid.coordinate(dim, names) for dim in dims}
    return xr.Dataset(variables, coordinates)


class _Grid:
    def __init__(self, rows: Rows, dims: Sequence[str], identity: str) -> None:
        self._rows, self._dims = rows, dims
        self._values = {dim: _different(rows, dim, identity) for dim in dims}
        self._shape = tuple(len(values) for values in self._values.values())
        size = math.prod(self._shape)
        if size > max(_SMALL, _SPARSEST * len(rows)):
            raise InputError(
                f"{len(rows)} results are no grid of {' x '.join(map(str, self._shape))} places: "
                f"{', '.join(dims)} were not scanned in steps; use to_dataframe"
            )
        self._complete = len(rows) == size
        self._places = self._placed(identity)

    def coordinate(self, dim: str, names: Mapping[str, str]) -> xr.Variable:
        values = [_plain(value) for value in self._values[dim]]
        return xr.Variable(names[dim], np.array(values), self._attributes(dim))

    def variable(self, path: str, names: Mapping[str, str]) -> xr.Variable:
        cells = [
            (place, np.asarray(_plain(row[path])))
            for place, row in zip(self._places, self._rows, strict=True)
            if row.get(path) is not None
        ]
        shapes = {cell.shape for _, cell in cells}
        if len(shapes) > 1:
            raise InputError(
                f"the arrays at {path} have different shapes, {' and '.join(map(str, shapes))}; "
                "choose other columns, or results whose arrays are alike"
            )
        inner = next(iter(shapes), ())
        filled = self._filled([cell for _, cell in cells], inner)
        for place, cell in cells:
            filled[place] = cell.item() if cell.dtype.kind in "OU" and not cell.ndim else cell
        axes = [names[dim] for dim in self._dims]
        axes += [f"{names[path]}_{axis}" for axis in range(len(inner))]
        return xr.Variable(axes, filled, self._attributes(path))

    def _filled(self, cells: Sequence[np.ndarray[Any, Any]], inner: Place) -> Any:
        shape = self._shape + inner
        kinds = {cell.dtype.kind for cell in cells}
        if kinds and kinds <= set("biufc"):
            dtype = np.result_type(*{cell.dtype for cell in cells})
            if self._complete and len(cells) == len(self._rows):
                return np.zeros(shape, dtype)
            return np.full(shape, np.nan, np.result_type(dtype, np.float64))
        if kinds == {"M"}:
            return np.full(shape, np.datetime64("NaT"), "datetime64[us]")
        return np.full(shape, np.nan, object)

    def _placed(self, identity: str) -> list[Place]:
        index = [{v: n for n, v in enumerate(values)} for values in self._values.values()]
        places = [
            tuple(numbers[row[dim]] for numbers, dim in zip(index, self._dims, strict=True))
            for row in self._rows
        ]
        place, times = Counter(places).most_common(1)[0] if places else ((), 0)
        if times > 1:
            same = [row for at, row in zip(places, self._rows, strict=True) if at == place]
            point = ", ".join(f"{dim} = {same[0][dim]!r}" for dim in self._dims)
            hashes = " and ".join(str(row[identity]) for row in same[:2])
            raise InputError(
                f"{times} results have {point}, such as {hashes}; narrow the query, or add to dims "
                "what they differ in"
            )
        return places

    def _attributes(self, path: str) -> dict[str, str]:
        unit = next((row[at] for row in self._rows if (at := units_path(path)) in row), None)
        return {"path": path, **({UNITS: unit} if isinstance(unit, str) else {})}


def _different(rows: Rows, dim: str, identity: str) -> list[Any]:
    for row in rows:
        value = row.get(dim)
        if not isinstance(value, bool | int | float | str | datetime) or _is_nan(value):
            raise InputError(
                f"result {row[identity]} has {_described(value)} at {dim}, and a number, a text or "
                f"a time is expected; narrow the query, for example by exists({dim})"
            )
    try:
        return sorted({row[dim] for row in rows})
    except TypeError as error:
        raise InputError(
            f"the values at {dim} are of different types and have no order ({error}); narrow the "
            "query"
        ) from error


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _described(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # NumPy's times have no zone.
        value = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return np.datetime64(value, "us")
    if isinstance(value, list):
        array = _array(value)
        return _one_object(value) if array is None else array
    if isinstance(value, LargeArray):
        return np.asarray(value)
    known = isinstance(value, bool | int | float | complex | str | np.ndarray | np.generic)
    return value if known else _one_object(value)


def _array(items: list[Any]) -> np.ndarray[Any, Any] | None:
    try:
        array = np.asarray(items)
    except ValueError:
        return None
    return array if array.dtype.kind in "biufc" else None


def _one_object(value: Any) -> np.ndarray[Any, Any]:
    cell = np.empty((), object)
    cell[()] = value
    return cell


def _is_unit(path: str) -> bool:
    return f".{UNITS}." in path


def _names(paths: Iterable[str]) -> dict[str, str]:
    """Return the last names of paths, and whole paths where those are not unique."""
    last = {path: path.rpartition(".")[2] for path in paths}
    times = Counter(last.values())
    return {path: name if times[name] == 1 else path for path, name in last.items()}
