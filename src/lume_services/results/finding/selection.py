"""Results that match, read from the database as they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from lume_services.errors import InputError
from lume_services.results.finding.columns import parse_columns, readable, row, scalar, units_path
from lume_services.results.result import Result
from lume_services.services.results.db import Document, ResultsDB

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from lume_services.results.finding.export import Exported

_SHOWN = 10
_IDENTITY = "unique_hash"


@dataclass(frozen=True, repr=False, eq=False)
class Selection:
    """The results that match, in their order; each use reads them anew.

    Iterating gives each as a `Result`, and holds a few at a time. `Results.find` makes it.

    Parameters
    ----------
    query, sort
        What the database is asked for.
    limit, offset
        At most so many, after the first so many.
    columns
        Dotted paths of tables, by name; None for all.
    project, where
        What was asked for, in words.
    """

    query: Mapping[str, Any]
    sort: tuple[tuple[str, int], ...] = ()
    limit: int | None = None
    offset: int = 0
    columns: Mapping[str, str] | None = None
    project: str | None = None
    where: str = ""

    def __iter__(self) -> Iterator[Result]:
        found = Result.find(self.query, sort=self.sort, limit=self._stop)
        return islice(found, self.offset, None)

    def __len__(self) -> int:
        """Count them, see `count`."""
        return self.count()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return any(True for _ in self[:1].documents([_IDENTITY]))

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Selection: ...
    def __getitem__(self, index: int | slice) -> Result | Selection:
        """Return the result at a place, or a selection of those between two places."""
        if isinstance(index, slice):
            return self._between(index)
        start = _place(index, 0)
        for result in self._between(slice(start, start + 1)):
            return result
        raise IndexError(f"there is no result number {index}: the selection has fewer")

    def first(self) -> Result | None:
        """Return the first, or None."""
        return next(iter(self[:1]), None)

    def count(self) -> int:
        """Return how many there are; where there is a limit, no more than it are looked at."""
        if self._stop is not None:
            return sum(1 for _ in self.documents([_IDENTITY]))
        return max(_db().count(self.query) - self.offset, 0)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Return of each the values by path, those in dictionaries by paths of their own."""
        for stored in self.stored_rows():
            yield {name: readable(value) for name, value in stored.items()}

    def stored_rows(self) -> Iterator[dict[str, Any]]:
        """Return `rows` with values as they are stored."""
        paths = self.columns
        for document in self.documents(None if paths is None else list(paths.values())):
            yield row(document, paths)

    def documents(self, paths: Sequence[str] | None = None) -> Iterator[Document]:
        """Return the documents as they are stored, or of each what stands at the dotted paths."""
        asked = None if paths is None else list(dict.fromkeys(paths))
        found = _db().find(self.query, sort=self.sort, limit=self._stop, projection=asked)
        return islice(found, self.offset, None)

    def to_dataframe(self) -> pd.DataFrame:
        """Return a table with a column for each path, such as ``inputs.k1``.

        Whole numbers, numbers, truth values, texts and times have columns of their type, and
        times with zones are in UTC; what is missing is NaN, NaT or NA. Arrays, and what is mixed,
        are objects.
        """
        from lume_services.results.finding.dataframe import dataframe

        return dataframe(self.stored_rows(), list(self.columns or ()))

    def to_xarray(self, dims: Sequence[str]) -> xr.Dataset:
        """Return a scan over parameters as a grid.

        Parameters
        ----------
        dims
            Paths of the parameters that were scanned, such as ``["inputs.k1", "inputs.k2"]``.
            They become the dimensions; the outputs, or the columns of the selection, become the
            variables. Where no result is, there is NaN.

        Raises
        ------
        InputError
            If two results have the same parameters, or the results are no grid.
        """
        from lume_services.results.finding.scan import dataset

        if isinstance(dims, str) or not dims:
            raise InputError(f"dims is a list of paths such as ['inputs.k1'], not {dims!r}")
        asked = parse_columns([*dims, *(self.columns or {"outputs": "outputs"})]) or {}
        units = [units_path(path) for path in asked.values()]
        paths = {path: path for path in [_IDENTITY, *asked.values(), *units]}
        rows = [
            {name: scalar(value) for name, value in stored.items()}
            for stored in replace(self, columns=paths).stored_rows()
        ]
        return dataset(rows, [asked[dim] for dim in dims], _IDENTITY)

    def plot(
        self, x: str, y: str, *, by: str | None = None, log_x: bool = False, log_y: bool = False
    ) -> Figure:
        """Return a picture of two values, see `lume_services.results.finding.plotting`.

        Parameters
        ----------
        x, y
            Paths.
        by
            Path of what tells the points apart by colour.
        log_x, log_y
            Whether the axes are logarithmic.
        """
        from lume_services.results.finding.plotting import plot

        return plot(self, x, y, by=by, log_x=log_x, log_y=log_y)

    def export(
        self, path: str | Path, *, progress: Callable[[int], object] = lambda _: None
    ) -> Exported:
        """Write them to a file, whole or not at all, holding a few at a time.

        Parameters
        ----------
        path
            FILE.csv, FILE.jsonl or FILE.parquet, which is replaced if it is there.
        progress
            Called with how many have been read, again and again.
        """
        from lume_services.results.finding.export import export

        return export(self, Path(path), progress)

    def __repr__(self) -> str:
        return f"<Selection of results: {self.described()}>"

    def _repr_html_(self) -> str:
        """Return a table of the first few for notebooks."""
        from lume_services.pictures import html, values

        found = list(islice(self.rows(), _SHOWN + 1))
        names = list(dict.fromkeys(name for one in found[:_SHOWN] for name in one))
        lines = [
            [values.brief(one[name]) if name in one else "" for name in names]
            for one in found[:_SHOWN]
        ]
        facts = [self.described(), *(["the first of more"] if len(found) > _SHOWN else [])]
        return html.sheet("Results", facts, html.table(names, lines))

    def described(self) -> str:
        """Return in a line what was asked for."""
        order = ", ".join(f"{'-' if way < 0 else ''}{path}" for path, way in self.sort)
        parts = [
            f"project {self.project}" if self.project else "all projects",
            self.where,
            f"sorted by {order}" if order else "",
            f"at most {self.limit}" if self.limit is not None else "",
            f"without the first {self.offset}" if self.offset else "",
        ]
        return ", ".join(part for part in parts if part)

    @property
    def _stop(self) -> int | None:
        return None if self.limit is None else self.offset + self.limit

    def _between(self, places: slice) -> Selection:
        if places.step not in (None, 1):
            raise InputError(f"a selection is sliced in steps of 1, not {places.step!r}")
        start, stop = _place(places.start, 0), _place(places.stop, self.limit)
        if self.limit is not None:
            stop = self.limit if stop is None else min(stop, self.limit)
        limit = None if stop is None else max(stop - start, 0)
        return replace(self, offset=self.offset + start, limit=limit)


def _place(given: Any, otherwise: Any) -> Any:
    if given is None:
        return otherwise
    if type(given) is not int or given < 0:
        raise InputError(
            f"places in a selection are counted from 0, not {given!r}; for the last ones, sort "
            "the other way round"
        )
    return given


def _db() -> ResultsDB:
    from lume_services import config

    return config.current().results_db
