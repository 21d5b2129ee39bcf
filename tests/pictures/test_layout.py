"""Boxes never overlap, lines go from left to right between them, and few of them cross."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from lume_services.pictures.layers import Cell, Link, columns, crossings, ordered
from lume_services.pictures.layout import COLUMN_GAP, ROW_GAP, Edge, Layout, arrange

WIDTH = 200.0


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, float], list[Edge]]:
    count = draw(st.integers(0, 24))
    heights = {f"f{n}": float(draw(st.integers(30, 300))) for n in range(count)}
    edges = []
    for child in range(1, count):
        for parent in draw(st.lists(st.integers(0, child - 1), max_size=3)):
            start = draw(st.floats(0, heights[f"f{parent}"]))
            end = draw(st.floats(0, heights[f"f{child}"]))
            lane = draw(st.sampled_from("ab"))
            edges.append(Edge(f"f{parent}", f"f{child}", lane, start, end))
    return heights, edges


def column(x: float) -> int:
    return round(x / (WIDTH + COLUMN_GAP))


@given(graphs())
def test_boxes_do_not_overlap(graph: tuple[dict[str, float], list[Edge]]) -> None:
    heights, edges = graph
    layout = arrange(heights, WIDTH, edges)
    assert layout.boxes.keys() == heights.keys()
    for (one, a), (two, b) in itertools.combinations(layout.boxes.items(), 2):
        apart = abs(a.x - b.x) >= WIDTH + COLUMN_GAP - 1e-6
        upper, lower = sorted([(a.y, one), (b.y, two)])
        assert apart or lower[0] - upper[0] >= heights[upper[1]] + ROW_GAP - 1e-6


@given(graphs())
def test_lines_go_forward_and_between_boxes(graph: tuple[dict[str, float], list[Edge]]) -> None:
    heights, edges = graph
    layout = arrange(heights, WIDTH, edges)
    for edge, route in zip(edges, layout.routes, strict=True):
        source, target = layout.boxes[edge.source], layout.boxes[edge.target]
        assert route[0] == (source.x + WIDTH, source.y + edge.start)
        assert route[-1] == (target.x, target.y + edge.end)
        steps = list(itertools.pairwise(route))
        assert len(steps) == 2 * (column(target.x) - column(source.x)) - 1
        for number, (left, right) in enumerate(steps):
            assert left.x < right.x
            if number % 2:
                assert left.y == right.y
                assert not [
                    name
                    for name, box in layout.boxes.items()
                    if box.x == left.x and box.y <= left.y <= box.y + heights[name]
                ]


@given(graphs())
def test_everything_is_inside(graph: tuple[dict[str, float], list[Edge]]) -> None:
    heights, edges = graph
    layout = arrange(heights, WIDTH, edges)
    corners = [(box.x, box.y) for box in layout.boxes.values()]
    far = [(box.x + WIDTH, box.y + heights[name]) for name, box in layout.boxes.items()]
    points = [*corners, *far, *itertools.chain(*layout.routes)]
    assert all(-1e-6 <= x <= layout.width + 1e-6 for x, _ in points)
    assert all(-1e-6 <= y <= layout.height + 1e-6 for _, y in points)


@given(graphs())
def test_no_column_is_too_long(graph: tuple[dict[str, float], list[Edge]]) -> None:
    heights, edges = graph
    parents: dict[str, list[str]] = {}
    for edge in edges:
        parents.setdefault(edge.target, []).append(edge.source)
    placed = columns(list(heights), parents)
    room = max(8, math.ceil(1.3 * math.sqrt(len(heights))))
    assert all(list(placed.values()).count(n) <= room for n in placed.values())
    assert all(placed[parent] < placed[child] for child in parents for parent in parents[child])


def placed(*pairs: tuple[str, str], names: str) -> Layout:
    edges = [Edge(source, target, "", 25.0, 25.0) for source, target in pairs]
    return arrange(dict.fromkeys(names, 50.0), WIDTH, edges)


def test_a_chain_is_level() -> None:
    layout = placed(("a", "b"), ("b", "c"), names="abc")
    step = WIDTH + COLUMN_GAP
    assert layout.boxes == {"a": (0, 0), "b": (step, 0), "c": (2 * step, 0)}
    assert (layout.width, layout.height) == (3 * WIDTH + 2 * COLUMN_GAP, 50)


def test_a_flow_without_parents_stands_before_its_first_child() -> None:
    layout = placed(("a", "b"), ("b", "c"), ("d", "c"), names="abdc")
    assert {name: column(box.x) for name, box in layout.boxes.items()} == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 1,
    }


def test_parents_are_ordered_as_their_children() -> None:
    layout = placed(("a", "z"), ("b", "y"), ("c", "x"), names="abcxyz")
    heights = {name: box.y for name, box in layout.boxes.items()}
    assert [heights[name] for name in "abc"] == [heights[name] for name in "zyx"]


def cells(*names: str) -> list[list[Cell]]:
    return [[(name, "", number) for name in column] for number, column in enumerate(names)]


def links(*pairs: str) -> list[Link]:
    return [Link((left, "", 0), (right, "", 1), 0.5, 0.5) for left, right in pairs]


def test_crossings_are_counted() -> None:
    assert crossings(cells("ab", "xy"), links("ax", "by")) == 0
    assert crossings(cells("ab", "xy"), links("ay", "bx")) == 1
    assert crossings(cells("abc", "xyz"), links("az", "by", "cx")) == 3


def test_crossings_are_removed() -> None:
    wires = links("az", "by", "cx", "cy")
    found = ordered(cells("abc", "xyz"), wires)
    assert crossings(found, wires) == 0
    assert [sorted(column) for column in found] == [sorted(c) for c in cells("abc", "xyz")]


def test_a_parallel_study_of_40_flows_is_broken_into_columns() -> None:
    names = ["root", *(f"child{n}" for n in range(40)), "sum"]
    edges = [Edge("root", name, "", 25.0, 25.0) for name in names[1:-1]]
    edges += [Edge(name, "sum", "", 25.0, 25.0) for name in names[1:-1]]
    layout = arrange(dict.fromkeys(names, 50.0), WIDTH, edges)
    used = [column(box.x) for box in layout.boxes.values()]
    assert (max(used), max(used.count(n) for n in used)) == (6, 9)
