"""The command ``lume-services results export``: a file of results, written whole or not at all."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lume_services.cli import console
from lume_services.cli.count import Count
from lume_services.cli.search import Search
from lume_services.errors import InputError, PluginError

Rows = Iterable[dict[str, Any]]
_TAG = "@lume"


def export(*, to: Path, search: Search | None = None, limit: Count | None = None) -> None:
    """Write database results to a file, a line or row each.

    CSV and Parquet have a column for each path; JSON lines hold the results as they are stored.

    Parameters
    ----------
    to
        FILE.csv, FILE.jsonl or FILE.parquet, which is replaced if it is there.
    limit
        How many at most.
    """
    from lume_services import config

    if to.suffix not in _FORMATS:
        raise InputError(f"--to {str(to)!r} does not end with {', '.join(_FORMATS)}; give one.")
    if not to.parent.is_dir():
        raise InputError(f"there is no directory {str(to.parent)!r}; make it first.")
    search, services, count = search or Search(), config.current(), _Counter()

    def write(path: Path) -> None:
        documents = search.run(services.results_db, limit)
        _FORMATS[to.suffix](path, count.each(documents), search.paths)

    stat = services.files.write("local", str(to), write)
    if console.for_programs.get():
        console.document({"file": str(to), "results": count.number, "size": stat.size})
    else:
        console.fields([("results", str(count.number)), ("file", str(to))])


class _Counter:
    number = 0

    def each(self, rows: Rows) -> Iterator[dict[str, Any]]:
        for row in rows:
            self.number += 1
            yield row


def _write_lines(path: Path, rows: Rows, paths: list[str] | None) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(f"{json.dumps(row, ensure_ascii=False)}\n")


def _write_csv(path: Path, rows: Rows, paths: list[str] | None) -> None:
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent.parent) as kept,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        # The columns are known only when all rows have been seen.
        names = dict.fromkeys(paths or ())
        for row in rows:
            flat = dict(_flat(row)) if paths is None else row
            names.update(dict.fromkeys(flat))
            kept.write(f"{json.dumps(flat)}\n")
        kept.seek(0)
        writer = csv.DictWriter(file, list(names), lineterminator="\n")
        writer.writeheader()
        for line in kept:
            writer.writerow({name: _text(value) for name, value in json.loads(line).items()})


def _write_parquet(path: Path, rows: Rows, paths: list[str] | None) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise PluginError(
            "Parquet files need pyarrow, which is not installed; "
            "pip install 'lume-services[parquet]', or export to FILE.csv or FILE.jsonl."
        ) from error
    flat = [dict(_flat(row)) if paths is None else row for row in rows]
    names = paths or list(dict.fromkeys(name for row in flat for name in row))
    columns = {}
    for name in names:
        try:
            columns[name] = pa.array([_native(row.get(name)) for row in flat])
        except (pa.ArrowException, OverflowError) as error:
            raise InputError(
                f"the values of {name!r} do not fit one Parquet column: {error}. "
                "Choose others with --columns, or export to FILE.csv or FILE.jsonl."
            ) from error
    parquet.write_table(pa.table(columns), path)


_FORMATS: dict[str, Callable[[Path, Rows, list[str] | None], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_lines,
    ".parquet": _write_parquet,
}


def _flat(value: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Return what is inside nested dictionaries by its path, as ``--columns`` names it."""
    for key, item in value.items():
        path = above + key.replace(".", r"\.")
        if isinstance(item, dict) and item and _TAG not in item:
            yield from _flat(item, f"{path}.")
        else:
            yield path, item


def _native(stored: Any) -> Any:
    """Return a value as lists, numbers, texts and times."""
    from lume_services.cli.stored import readable

    value = readable(stored)
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    return value or None if isinstance(value, dict) else value


def _text(stored: Any) -> str:
    """Return a value in one cell: a text as it is, all else as JSON."""
    value = _native(stored)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return json.dumps(value, ensure_ascii=False, default=str)
