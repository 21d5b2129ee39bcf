"""Columns of a layered drawing, and the order in each that crosses few lines."""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

Cell = tuple[str, str, int]
"""A place in a column: a box ``(name, "", column)``, or where a lane ``(source, lane, column)``
passes between boxes."""

_SWEEPS = 12


class Link(NamedTuple):
    """A line from one column to the next, and how far down its two ends are (0 to 1)."""

    left: Cell
    right: Cell
    start: float
    end: float


def columns(names: Sequence[str], parents: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Return each box's column: the one after its longest path, or the next that has room.

    A box without parents is moved on to the column before its first child's.

    Parameters
    ----------
    names
        The boxes, parents before children.
    parents
        The boxes that each comes after.
    """
    room = max(8, math.ceil(1.3 * math.sqrt(len(names))))
    taken: dict[int, int] = {}
    placed: dict[str, int] = {}
    for name in names:
        column = 1 + max((placed[parent] for parent in parents.get(name, ())), default=-1)
        while taken.get(column, 0) == room:
            column += 1
        taken[column] = taken.get(column, 0) + 1
        placed[name] = column
    first_child: dict[str, int] = {}
    for child in names:
        for parent in parents.get(child, ()):
            first_child[parent] = min(placed[child], first_child.get(parent, placed[child]))
    for name in names:
        if not parents.get(name) and name in first_child:
            later = range(first_child[name] - 1, placed[name], -1)
            free = (column for column in later if taken[column] < room)
            column = next(free, placed[name])
            taken[placed[name]] -= 1
            taken[column] += 1
            placed[name] = column
    return placed


def ordered(cells: Sequence[Sequence[Cell]], links: Sequence[Link]) -> list[list[Cell]]:
    """Return the columns reordered so that few links cross (barycentre sweeps, best kept).

    Parameters
    ----------
    cells
        The cells by column.
    links
        The lines between neighbouring columns.
    """
    current = [list(column) for column in cells]
    best, fewest = current, crossings(current, links)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        current = _swept(current, links, forward)
        count = crossings(current, links)
        if count < fewest:
            best, fewest = current, count
    return best


def crossings(cells: Sequence[Sequence[Cell]], links: Iterable[Link]) -> int:
    """Count the pairs of links that cross."""
    rank = _ranks(cells)
    by_column: dict[int, list[tuple[float, float]]] = {}
    for link in links:
        ends = (rank[link.left] + link.start, rank[link.right] + link.end)
        by_column.setdefault(link.left[2], []).append(ends)
    count = 0
    for ends_of_column in by_column.values():
        seen: list[float] = []
        for _, end in sorted(ends_of_column):
            count += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return count


def _swept(cells: list[list[Cell]], links: Sequence[Link], forward: bool) -> list[list[Cell]]:
    """Order every column by the mean place of its neighbours in the column before."""
    pulls: dict[Cell, list[tuple[Cell, float]]] = {}
    for link in links:
        if forward:
            pulls.setdefault(link.right, []).append((link.left, link.start))
        else:
            pulls.setdefault(link.left, []).append((link.right, link.end))
    rank = _ranks(cells)
    swept = [list(column) for column in cells]
    for column in swept if forward else reversed(swept):
        means = {
            cell: sum(rank[other] + part for other, part in pulls[cell]) / len(pulls[cell])
            if cell in pulls
            else rank[cell] + 0.5
            for cell in column
        }
        column.sort(key=means.__getitem__)
        rank.update({cell: place for place, cell in enumerate(column)})
    return swept


def _ranks(cells: Iterable[Iterable[Cell]]) -> dict[Cell, int]:
    return {cell: place for column in cells for place, cell in enumerate(column)}
