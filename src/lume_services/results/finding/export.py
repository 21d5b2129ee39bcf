"""Results as files, written whole or not at all."""

from __future__ import annotations

import csv
import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lume_services.errors import InputError
from lume_services.results.finding.columns import ordered, scalar

if TYPE_CHECKING:
    from lume_services.results.finding.selection import Selection

Progress = Callable[[int], object]
_STEP = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Exported:
    """A file of results.

    Parameters
    ----------
    file, size
        The file and its size in bytes.
    results
        How many results it holds.
    mixed
        Columns of Parquet that are JSON text, because their values are of different kinds.
    """

    file: Path
    size: int
    results: int
    mixed: tuple[str, ...] = ()


def export(selection: Selection, path: Path, progress: Progress) -> Exported:
    """Write results to a file, see `Selection.export`."""
    from lume_services import config

    check(path)
    writer = _WRITERS[path.suffix](selection, progress)
    stat = config.current().files.write("local", str(path), writer.write)
    return Exported(path, stat.size, writer.results, writer.mixed)


def check(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is read.

    Raises
    ------
    InputError
        If its suffix is of no format, or its directory does not exist.
    PluginError
        If what its format takes is not installed.
    """
    if path.suffix not in _WRITERS:
        raise InputError(f"{str(path)!r} does not end with {', '.join(_WRITERS)}; give one.")
    if not path.parent.is_dir():
        raise InputError(f"there is no directory {str(path.parent)!r}; make it first.")
    if path.suffix == ".parquet":
        from lume_services.results.finding import parquet  # noqa: F401  # tells what is missing


class _Writer(ABC):
    mixed: tuple[str, ...] = ()

    def __init__(self, selection: Selection, progress: Progress) -> None:
        self._selection = selection
        self._asked = tuple(selection.columns or ())
        self._progress = progress
        self.results = 0

    @abstractmethod
    def write(self, path: Path) -> None: ...

    def _counted(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            self.results += 1
            if self.results % _STEP == 0:
                self._progress(self.results)
            yield row
        self._progress(self.results)

    def _kept(self, file: IO[str], see: Callable[[Mapping[str, Any]], object]) -> Sequence[str]:
        """Write the rows to a file, as the columns are known only when all have been seen."""
        names: dict[str, None] = {}
        for row in self._counted(self._selection.stored_rows()):
            names.update(dict.fromkeys(row))
            see(row)
            file.write(f"{json.dumps(row)}\n")
        file.seek(0)
        return ordered(names, self._asked)


class _Lines(_Writer):
    def write(self, path: Path) -> None:
        paths = self._selection.columns
        found = self._selection.documents() if paths is None else self._selection.stored_rows()
        with path.open("w", encoding="utf-8") as file:
            for document in self._counted(found):
                file.write(f"{as_json(document)}\n")


class _CSV(_Writer):
    def write(self, path: Path) -> None:
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent) as kept,
            path.open("w", encoding="utf-8", newline="") as file,
        ):
            names = self._kept(kept, lambda row: None)
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writerow({name: _inert(name) for name in names})
            for line in kept:
                writer.writerow({name: _text(item) for name, item in json.loads(line).items()})


class _Parquet(_Writer):
    def write(self, path: Path) -> None:
        from lume_services.results.finding import parquet

        kinds = parquet.Kinds()
        with tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent) as kept:
            names = self._kept(kept, kinds.see)
            self.mixed = kinds.write(path, names, kept)


_WRITERS: dict[str, type[_Writer]] = {".csv": _CSV, ".jsonl": _Lines, ".parquet": _Parquet}


def _text(stored: Any) -> str:
    """Return a value in one cell: a text, a time in ISO form, all else as JSON."""
    value = scalar(stored)
    if value is None:
        return ""
    if isinstance(value, str):
        return _inert(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return as_json(value)


def _inert(text: str) -> str:
    """Return a text such that a spreadsheet program shows it and does not compute it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_json(value: Any) -> str:
    """Return a value as JSON text, arrays as lists."""
    return _ENCODER.encode(value)


def _jsonable(value: Any) -> Any:
    # A few digits of a document can stand for a range of any length.
    if hasattr(value, "step"):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_jsonable)
