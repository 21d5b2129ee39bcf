"""A flow-of-flows as a picture: flows, their tasks, and which results become parameters."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from lume_services.pictures import cards, words
from lume_services.pictures.canvas import Canvas, Theme
from lume_services.pictures.card_drawing import CardDrawing
from lume_services.pictures.cards import Card
from lume_services.pictures.heading import HEADING, heading
from lume_services.pictures.history import Span
from lume_services.pictures.layout import Edge, Point, arrange
from lume_services.pictures.model import Mapping, Shape

_FOOT = 34.0
_LEGEND = (("raw", "the value"), ("file", "a file"), ("db", "a database result"))
_ARROW = 8.0


def graph(shape: Shape, run: Span | None = None, theme: Theme = "light") -> str:
    """Return a picture of a flow-of-flows as SVG.

    Parameters
    ----------
    shape
        The flow-of-flows.
    run
        A run of it, whose states the picture is to show.
    theme
        The colours.
    """
    canvas = Canvas(theme)
    chosen = _cards(shape)
    widest = max((card.wish for card in chosen.values()), default=0.0)
    width = min(max(widest, cards.NARROWEST), cards.WIDEST)
    wires = [(flow.name, mapping) for flow in shape.flows for mapping in flow.mappings]
    edges = [_edge(child, mapping, chosen) for child, mapping in wires]
    layout = arrange({name: card.height for name, card in chosen.items()}, width, edges)
    whole = max(layout.width, 380.0)
    heading(canvas, shape.name, shape.below or _count(shape), whole, run)
    for (child, mapping), route in zip(wires, layout.routes, strict=True):
        _wire(canvas, child, mapping, route)
    children = run.children if run else {}
    for name, card in chosen.items():
        at = layout.boxes[name]
        place = Point(at.x, at.y + HEADING)
        ran = children.get(card.shape.run_name or name)
        missed = "not run" if run and not ran else card.shape.missing
        CardDrawing(canvas, card, place, width, ran, missed).draw()
    height = HEADING + layout.height
    if wires:
        _legend(canvas, height + _FOOT - 4, {mapping.map_type for _, mapping in wires})
        height += _FOOT
    return canvas.svg(whole, height, f"{shape.what} {shape.name}")


def _count(shape: Shape) -> str:
    count = f"{len(shape.flows)} flow{'s' * (len(shape.flows) != 1)}"
    return f"project {shape.project_name} · {count}"


def _cards(shape: Shape) -> dict[str, Card]:
    given: dict[str, dict[str | None, None]] = {}
    for flow in shape.flows:
        for mapping in flow.mappings:
            given.setdefault(mapping.flow, {})[mapping.task] = None
    return {
        flow.name: cards.card(flow, shape.project_name, given.get(flow.name, {}))
        for flow in shape.flows
    }


def _edge(child: str, mapping: Mapping, chosen: dict[str, Card]) -> Edge:
    number = chosen[child].shape.mappings.index(mapping)
    return Edge(
        source=mapping.flow,
        target=child,
        lane=f"{mapping.map_type} {mapping.task}",
        start=chosen[mapping.flow].output_height(mapping.task),
        end=chosen[child].input_height(number),
    )


def _wire(canvas: Canvas, child: str, mapping: Mapping, route: Sequence[Point]) -> None:
    points = [Point(x, y + HEADING) for x, y in route]
    tip_x, tip_y = points[-1]
    points[-1] = Point(tip_x - _ARROW, tip_y)
    steps: list[str | float] = ["M", *points[0]]
    for number, (left, right) in enumerate(itertools.pairwise(points)):
        middle = (left.x + right.x) / 2
        steps += ["L"] if number % 2 else ["C", middle, left.y, middle, right.y]
        steps += right
    source = f"{mapping.flow}, {mapping.task or cards.RETURNED}"
    taken = f" {mapping.index}" if mapping.index else ""
    tip = f"{source}{taken} → {child}, {mapping.parameter} ({mapping.map_type})"
    canvas.line(steps, mapping.map_type, thickness=1.6, tip=tip)
    canvas.dot(*points[0], 3, mapping.map_type)
    back = tip_x - _ARROW - 1
    canvas.area(
        ["M", tip_x, tip_y, "L", back, tip_y - 4, "L", back, tip_y + 4, "Z"], mapping.map_type
    )


def _legend(canvas: Canvas, y: float, used: set[str]) -> None:
    x = 0.0
    canvas.text(x, y, "Handed on:", "dim", size=11)
    x += 74
    for map_type, meaning in _LEGEND:
        if map_type in used:
            canvas.line(["M", x, y - 4, "L", x + 22, y - 4], map_type, thickness=2)
            canvas.text(x + 28, y, map_type, map_type, size=11, bold=True)
            x += 36 + words.width(map_type, 11, bold=True)
            canvas.text(x, y, meaning, "dim", size=11)
            x += words.width(meaning, 11) + 20
