"""Where the boxes and lines of a drawing go: columns from left to right, nothing overlapping."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lume_services.pictures.layers import Cell, Link, columns, ordered

COLUMN_GAP = 84.0
ROW_GAP = 26.0
_LANE = 10.0
_SWEEPS = 24
# Of lines between two boxes, a box and a lane, two lanes: a bend stands out most on the longest.
_WEIGHTS = (1.0, 2.0, 8.0)


class Edge(NamedTuple):
    """A line between two boxes.

    Parameters
    ----------
    source, target
        Names of the boxes.
    lane
        Edges of one source with the same lane run together as far as they can.
    start, end
        How far below the top of its box it leaves and arrives.
    """

    source: str
    target: str
    lane: str
    start: float
    end: float


class Point(NamedTuple):
    """A place in the drawing."""

    x: float
    y: float


class Layout(NamedTuple):
    """Where everything goes.

    Parameters
    ----------
    boxes
        The upper left corners.
    routes
        For each edge its points: from the box's right side, in pairs along the columns
        that it passes between boxes, to the other box's left side.
    width, height
        Of the whole.
    """

    boxes: dict[str, Point]
    routes: list[list[Point]]
    width: float
    height: float


def arrange(heights: Mapping[str, float], width: float, edges: Sequence[Edge]) -> Layout:
    """Lay boxes of equal width out in columns, so that all edges go from left to right.

    Parameters
    ----------
    heights
        The boxes' heights by name, parents before children.
    width
        The boxes' width.
    edges
        The lines.
    """
    parents: dict[str, list[str]] = {}
    for edge in edges:
        parents.setdefault(edge.target, []).append(edge.source)
    placed = columns(list(heights), parents)
    ways = [_way(edge, placed) for edge in edges]
    cells: list[list[Cell]] = [[] for _ in range(max(placed.values(), default=-1) + 1)]
    for cell in dict.fromkeys([*((name, "", n) for name, n in placed.items()), *_inner(ways)]):
        cells[cell[2]].append(cell)
    spans = list(dict.fromkeys(_spans(edges, ways)))
    links = [_link(span, heights) for span in spans]
    tops = _tops(ordered(cells, links), spans, heights)
    step = width + COLUMN_GAP
    boxes = {name: Point(column * step, tops[name, "", column]) for name, column in placed.items()}
    return Layout(
        boxes=boxes,
        routes=[
            _route(edge, way, boxes, tops, width) for edge, way in zip(edges, ways, strict=True)
        ],
        width=max(len(cells) * step - COLUMN_GAP, 0),
        height=max((top + _height(cell, heights) for cell, top in tops.items()), default=0),
    )


class _Span(NamedTuple):
    """A part of an edge, from one column to the next, with its ends below the cells' tops."""

    left: Cell
    right: Cell
    start: float
    end: float


class _Pull(NamedTuple):
    """Where a neighbour wants a cell's top to be, below its own top."""

    other: Cell
    shift: float
    weight: float


def _way(edge: Edge, placed: Mapping[str, int]) -> list[Cell]:
    first, last = placed[edge.source], placed[edge.target]
    passed = ((edge.source, f"lane {edge.lane}", column) for column in range(first + 1, last))
    return [(edge.source, "", first), *passed, (edge.target, "", last)]


def _inner(ways: Sequence[Sequence[Cell]]) -> list[Cell]:
    return [cell for way in ways for cell in way[1:-1]]


def _spans(edges: Sequence[Edge], ways: Sequence[Sequence[Cell]]) -> list[_Span]:
    return [
        _Span(
            way[step],
            way[step + 1],
            edge.start if step == 0 else _LANE / 2,
            edge.end if step == len(way) - 2 else _LANE / 2,
        )
        for edge, way in zip(edges, ways, strict=True)
        for step in range(len(way) - 1)
    ]


def _link(span: _Span, heights: Mapping[str, float]) -> Link:
    return Link(
        span.left,
        span.right,
        span.start / _height(span.left, heights),
        span.end / _height(span.right, heights),
    )


def _height(cell: Cell, heights: Mapping[str, float]) -> float:
    name, lane, _ = cell
    return _LANE if lane else heights[name]


def _tops(
    cells: Sequence[Sequence[Cell]], spans: Sequence[_Span], heights: Mapping[str, float]
) -> dict[Cell, float]:
    """Return the upper edges of cells, such that lines are as level as the order allows."""
    pulls: dict[Cell, list[_Pull]] = {}
    for left, right, start, end in spans:
        weight = _WEIGHTS[bool(left[1]) + bool(right[1])]
        pulls.setdefault(left, []).append(_Pull(right, end - start, weight))
        pulls.setdefault(right, []).append(_Pull(left, start - end, weight))
    tops: dict[Cell, float] = {}
    distances = [_distances(column, heights) for column in cells]
    for column, apart in zip(cells, distances, strict=True):
        tops.update(zip(column, _spread([(0.0, 1.0)] * len(column), apart), strict=True))
    for sweep in range(_SWEEPS):
        order = list(zip(cells, distances, strict=True))
        for column, apart in order if sweep % 2 else reversed(order):
            wishes = [_wish(cell, pulls.get(cell, ()), tops) for cell in column]
            tops.update(zip(column, _spread(wishes, apart), strict=True))
    highest = min(tops.values(), default=0.0)
    return {cell: top - highest for cell, top in tops.items()}


def _wish(cell: Cell, pulls: Sequence[_Pull], tops: Mapping[Cell, float]) -> tuple[float, float]:
    """Return where a cell's lines would be most level, and how much that matters."""
    weight = sum(pull.weight for pull in pulls)
    if not weight:
        return tops[cell], _WEIGHTS[0]
    return sum((tops[pull.other] + pull.shift) * pull.weight for pull in pulls) / weight, weight


def _distances(column: Sequence[Cell], heights: Mapping[str, float]) -> list[float]:
    """Return how far each cell's top is at least below the top of the one above it."""
    distances = [0.0]
    for above, below in itertools.pairwise(column):
        between_lanes = above[1] and below[1]
        distances.append(_height(above, heights) + (2.0 if between_lanes else ROW_GAP))
    return distances[: len(column)]


def _spread(wishes: Sequence[tuple[float, float]], distances: Sequence[float]) -> list[float]:
    """Return the places nearest to weighted wishes that keep the distances (least squares).

    With the distances taken off, this is isotonic regression, which pooling neighbours
    that violate the order solves exactly.
    """
    pools: list[tuple[float, float, int]] = []
    offset, offsets = 0.0, []
    for (wish, matters), distance in zip(wishes, distances, strict=True):
        offset += distance
        offsets.append(offset)
        level, weight, count = wish - offset, matters, 1
        while pools and pools[-1][0] >= level:
            other, heavy, members = pools.pop()
            level = (level * weight + other * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + members
        pools.append((level, weight, count))
    levels = [level for level, _, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _route(
    edge: Edge,
    way: Sequence[Cell],
    boxes: Mapping[str, Point],
    tops: Mapping[Cell, float],
    width: float,
) -> list[Point]:
    source, target = boxes[edge.source], boxes[edge.target]
    points = [Point(source.x + width, source.y + edge.start)]
    for cell in way[1:-1]:
        x, y = cell[2] * (width + COLUMN_GAP), tops[cell] + _LANE / 2
        points += [Point(x, y), Point(x + width, y)]
    return [*points, Point(target.x, target.y + edge.end)]
