"""HDF5 files opened only when all that they hold is in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import h5py

from lume_services.errors import FileCorruptError
from lume_services.files.serializers.plain import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator

# The deflate filter shrinks data by 1032 at most; more is a claim without content.
_MAX_EXPANSION = 1100
_MAX_UNWRITTEN = 64 * 2**20


@contextmanager
def opened(filename: str) -> Iterator[h5py.File]:
    """Open an HDF5 file to read it, after a look at every object in it.

    Refused are soft and external links, objects linked twice, datasets kept in other files,
    datasets that claim much more than the file holds, and deep nesting.

    Parameters
    ----------
    filename
        The file.
    """
    try:
        # A saved file never changes, and not every cluster's filesystem has locks.
        file = h5py.File(filename, "r", locking=False)
    except OSError as error:
        raise FileCorruptError(
            f"{filename!r} is not an HDF5 file that can be read: {error}."
        ) from None
    with file:
        problem = _problem(file)
        if problem:
            raise FileCorruptError(
                f"{filename!r} is refused: {problem}. "
                "Copy the data into one self-contained HDF5 file."
            )
        yield file


def claims_too_much(dataset: h5py.Dataset, nbytes: int) -> bool:
    """Say whether a dataset would take more memory than its stored bytes can stand for."""
    held: int = dataset.id.get_storage_size()
    return nbytes > held * _MAX_EXPANSION + _MAX_UNWRITTEN


def _problem(file: h5py.File) -> str | None:
    seen = {h5py.h5o.get_info(file.id).addr}
    groups: list[tuple[h5py.Group, int]] = [(file, 0)]
    while groups:
        group, depth = groups.pop()
        for name in group:
            # The low-level calls look at an object without opening it.
            key = name.encode(errors="surrogateescape")
            if group.id.links.get_info(key).type != h5py.h5l.TYPE_HARD:
                kind = type(group.get(name, getlink=True)).__name__
                return f"{name!r} in {group.name!r} is of type {kind}"
            address = h5py.h5o.get_info(group.id, key).addr
            child = group[name]
            if address in seen:
                return f"{child.name!r} is linked twice"
            seen.add(address)
            if isinstance(child, h5py.Group):
                if depth == MAX_DEPTH:
                    return f"it is nested deeper than {MAX_DEPTH} levels"
                groups.append((child, depth + 1))
            elif isinstance(child, h5py.Dataset):
                problem = _dataset_problem(child)
                if problem:
                    return problem
            else:
                return f"{child.name!r} is a named data type"
    return None


def _dataset_problem(dataset: h5py.Dataset) -> str | None:
    if dataset.external or dataset.is_virtual:
        return f"the data of {dataset.name!r} are in another file"
    if claims_too_much(dataset, dataset.nbytes):
        held = dataset.id.get_storage_size()
        return f"{dataset.name!r} claims {dataset.nbytes} bytes and holds {held}"
    return None
