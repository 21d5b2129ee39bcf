"""What the tests of pictures draw, and how they read a picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from lume_services.pictures.history import Span
from lume_services.pictures.model import FlowShape, Free, Mapping, Shape

TEXT = Shape(
    "flow_of_flows",
    "test",
    (
        FlowShape(
            "flow1",
            "test",
            free=(Free("text1", None), Free("text2", None), Free("filename", '"text.txt"')),
            tasks=("save_text_file",),
        ),
        FlowShape(
            "flow2",
            "test",
            mappings=(Mapping("file_rep", "flow1", "save_text_file", "file"),),
            tasks=("load_text_file", "save_db_result"),
        ),
        FlowShape(
            "flow3",
            "elsewhere",
            mappings=(Mapping("text1", "flow2", "save_db_result", "db", "outputs.output1"),),
            free=(Free("text2", None),),
        ),
    ),
)
START = datetime(2026, 5, 4, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def span(name: str, state: str, start: float, end: float | None, *inside: Span) -> Span:
    """Return a span in the state of that name; a flow's where a name is that of a flow."""
    return Span(
        name,
        state.upper(),
        state,
        after(start),
        None if end is None else after(end),
        is_flow=name.startswith("flow"),
        inside=inside,
    )


# The second flow fails in its second task, so the third does not run.
FAILED = span(
    "flow_of_flows",
    "Failed",
    0,
    4,
    span("flow1", "Completed", 0, 1, span("save_text_file", "Completed", 0.5, 1)),
    span(
        "flow2",
        "Failed",
        1.5,
        4,
        span("load_text_file", "Completed", 1.5, 2),
        span("load_text_file", "Completed", 2, 2.5),
        span("save_db_result", "Crashed", 3, 4),
    ),
)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg.encode())


def texts(root: ET.Element) -> list[str]:
    return [part.text or "" for part in root.iterfind(".//{*}text")]


def tips(root: ET.Element) -> list[str]:
    return [part.text or "" for part in root.iterfind(".//{*}title")]


def box(root: ET.Element, tip: str) -> ET.Element:
    """Return the rectangle whose tip begins so."""
    (found,) = (
        part
        for part in root.iterfind(".//{*}rect")
        if part.findtext("{*}title", "").startswith(tip)
    )
    return found


def number(part: ET.Element, name: str) -> float:
    return float(part.attrib[name])
