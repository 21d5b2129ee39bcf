"""Documents as rows: what stands at which path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lume_services.errors import LumeServicesError, QueryError
from lume_services.results.codec import TAG, decode
from lume_services.results.finding.expression import compile_path
from lume_services.services.results.db import Document
from lume_services.services.results.query import parse_path

UNITS = "units"
# What tables have only if it is asked for.
_BOOKKEEPING = frozenset({"document_version", "content_hash", "links", "parents", "provenance"})
_COMMA = re.compile(r""",(?![^\[]*\])""")


def split(text: str) -> list[str]:
    """Return the paths in a text, which commas separate."""
    return [part.strip() for part in _COMMA.split(text)]


def parse_columns(columns: str | Sequence[str] | None) -> dict[str, str] | None:
    """Return the dotted paths of columns by the names that they were asked for by.

    Parameters
    ----------
    columns
        Paths, in one text separated by commas or one by one; None for all.
    """
    if columns is None:
        return None
    given = split(columns) if isinstance(columns, str) else list(columns)
    if not given or not all(isinstance(column, str) for column in given):
        raise QueryError(f"columns are paths such as 'inputs.k1', not {columns!r}")
    paths = {column: compile_path(column) for column in given}
    for path in paths.values():
        parse_path(path)
    return paths


def parse_order(sort: str | Sequence[str | tuple[str, int]]) -> list[tuple[str, int]]:
    """Return pairs of dotted path and 1 or -1.

    Parameters
    ----------
    sort
        Paths as in `parse_columns`, a minus before those that go from the largest to the
        smallest; or such pairs.
    """
    given = (split(sort) if sort else []) if isinstance(sort, str) else list(sort)
    return [_direction(item) if isinstance(item, str) else item for item in given]


def _direction(text: str) -> tuple[str, int]:
    path = text.lstrip("+-").strip()
    return compile_path(path), -1 if text.startswith("-") else 1


def row(document: Document, paths: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what a document holds by path, what is inside dictionaries by paths of its own.

    Parameters
    ----------
    document
        A whole document, or one that was projected to the paths.
    paths
        The columns, see `parse_columns`; None for all.
    """
    if paths is None:
        kept = {key: item for key, item in document.items() if key not in _BOOKKEEPING}
        return dict(flatten(kept))
    found = ((name, document[path]) for name, path in paths.items() if path in document)
    return {inner: item for name, value in found for inner, item in _opened(name, value)}


def flatten(stored: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Return what is inside nested dictionaries by its path."""
    for key, item in stored.items():
        yield from _opened(above + key.replace(".", r"\."), item)


def _opened(path: str, stored: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(stored, dict) and TAG not in stored:
        yield from flatten(stored, f"{path}.")
    else:
        yield path, stored


def readable(stored: Any) -> Any:
    """Return the value that a stored one stands for, or itself where its type is not known."""
    if not isinstance(stored, dict | list):
        return stored
    try:
        return decode(stored)
    except LumeServicesError:
        return stored


def scalar(stored: Any) -> Any:
    """Return a value, a NumPy number as the number that it is."""
    value = readable(stored)
    dtype = getattr(value, "dtype", None)
    # NumPy's times hold units that Python has no type for.
    if dtype is None or getattr(value, "shape", None) != () or dtype.kind in "mM":
        return value
    return value.item()


def units_path(path: str) -> str:
    """Return where the unit of what stands at a path may stand: beside it, in ``units``."""
    above, _, name = path.rpartition(".")
    return f"{above}.{UNITS}.{name}" if above else f"{UNITS}.{name}"


def ordered(names: Iterable[str], asked: Sequence[str]) -> list[str]:
    """Return the columns of a table in order: as asked for, else by what they are inside of.

    Parameters
    ----------
    names
        Those that were found, in the order in which they were met.
    asked
        Those that were asked for; where nothing was found, they stand themselves.
    """
    found = list(names)
    groups = list(asked) or list(dict.fromkeys(name.partition(".")[0] for name in found))
    inside = {
        group: [name for name in found if name == group or name.startswith(f"{group}.")]
        for group in groups
    }
    return list(dict.fromkeys(name for group in groups for name in inside[group] or [group]))
