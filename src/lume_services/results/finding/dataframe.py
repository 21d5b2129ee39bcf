"""Rows as a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from lume_services.extras import needed
from lume_services.results.finding.columns import ordered, scalar

with needed("pandas", "a data frame"):
    import pandas as pd

_MISSING = object()


def dataframe(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    """Return a table with a column for each path.

    Parameters
    ----------
    rows
        Stored values by path.
    names
        The columns that were asked for, if any.
    """
    columns: dict[str, list[Any]] = {}
    number = 0
    for number, row in enumerate(rows, 1):
        for name, stored in row.items():
            cells = columns.setdefault(name, [])
            cells.extend([_MISSING] * (number - 1 - len(cells)))
            cells.append(scalar(stored))
    for cells in columns.values():
        cells.extend([_MISSING] * (number - len(cells)))
    missing = [_MISSING] * number
    found = {name: _column(columns.get(name, missing)) for name in ordered(columns, names)}
    return pd.DataFrame(found, index=range(number))


def _column(cells: list[Any]) -> Any:
    kinds = {type(cell) for cell in cells if cell is not None and cell is not _MISSING}
    whole = not any(cell is None or cell is _MISSING for cell in cells)
    cells = [pd.NA if cell is None or cell is _MISSING else cell for cell in cells]
    if kinds == {bool}:
        return pd.array(cells, dtype="bool" if whole else "boolean")
    if kinds == {int}:
        return _whole_numbers(cells, whole)
    if kinds and kinds <= {int, float}:
        return pd.array([float("nan") if c is pd.NA else float(c) for c in cells], dtype="float64")
    if kinds == {str}:
        return pd.array(cells, dtype="str")
    if kinds and all(issubclass(kind, datetime) for kind in kinds):
        return _times(cells)
    return _objects(cells)


def _whole_numbers(cells: list[Any], whole: bool) -> Any:
    if any(cell is not pd.NA and not -(2**63) <= cell < 2**63 for cell in cells):
        return _objects(cells)
    return pd.array(cells, dtype="int64" if whole else "Int64")


def _times(cells: list[Any]) -> Any:
    zones = {cell.tzinfo is None for cell in cells if cell is not pd.NA}
    if len(zones) > 1:
        return _objects(cells)
    try:
        return pd.to_datetime(cells, utc=False in zones)
    except (ValueError, OverflowError):
        return _objects(cells)


def _objects(cells: list[Any]) -> Any:
    column = np.empty(len(cells), dtype=object)
    for number, cell in enumerate(cells):
        column[number] = cell
    return column
