"""What the picture of a flow-of-flows says."""

from __future__ import annotations

import itertools
import random
import re

from pictured import FAILED, TEXT, box, number, parsed, span, texts, tips

from lume_services.pictures.graph import graph
from lume_services.pictures.model import FlowShape, Free, Mapping, Shape
from lume_services.pictures.palette import DARK, LIGHT

HOSTILE = "<script>alert(1)</script>&\"'\n]]>" + "x" * 300


def test_it_shows_flows_parameters_and_tasks() -> None:
    root = parsed(graph(TEXT))
    assert texts(root) == [
        *("flow_of_flows", "project test · 3 flows"),
        *("flow1", "text1", "required", "text2", "required", "filename", '= "text.txt"'),
        "save_text_file",
        *("flow2", "file_rep", "file", "load_text_file", "save_db_result"),
        *("flow3", "project elsewhere", "text1", "outputs.output1", "db", "text2", "required"),
        *("Handed on:", "file", "a file", "db", "a database result"),
    ]


def test_each_mapping_is_an_arrow_from_its_task_to_its_parameter() -> None:
    root = parsed(graph(TEXT))
    arrows = [part for part in root.iterfind(".//{*}path") if part.find("{*}title") is not None]
    assert [arrow.findtext("{*}title") for arrow in arrows] == [
        "flow1, save_text_file → flow2, file_rep (file)",
        "flow2, save_db_result outputs.output1 → flow3, text1 (db)",
    ]
    assert [arrow.get("stroke") for arrow in arrows] == [LIGHT["file"], LIGHT["db"]]
    ends = re.findall(r"-?[\d.]+", arrows[0].attrib["d"])
    flow1, flow2 = box(root, "flow flow1 "), box(root, "flow flow2 ")
    assert float(ends[0]) == number(flow1, "x") + number(flow1, "width")
    assert float(ends[-2]) == number(flow2, "x") - 8
    rows = {part.text: number(part, "y") for part in root.iterfind(".//{*}text")}
    assert abs(float(ends[1]) - rows["save_text_file"]) < 6
    assert abs(float(ends[-1]) - rows["file_rep"]) < 6


def test_a_run_colours_flows_and_tasks() -> None:
    root = parsed(graph(TEXT, FAILED))
    borders = {name: box(root, f"flow {name} ").get("stroke") for name in ("flow1", "flow2")}
    assert borders == {"flow1": LIGHT["completed"], "flow2": LIGHT["failed"]}
    assert box(root, "flow flow3 ").get("stroke-dasharray") == "4 3"
    fills = {text: part.get("fill") for part in root.iterfind(".//{*}text") if (text := part.text)}
    assert fills["Failed"] == LIGHT["failed"]
    assert fills["Crashed"] == LIGHT["crashed"]
    assert fills["not run"] == LIGHT["dim"]
    assert "2 times" in texts(root)
    assert re.fullmatch(r"started 2026-05-0[345] \d\d:00:00, took 4 s", texts(root)[3])


def test_every_state_has_its_colour() -> None:
    states = ("Completed", "Failed", "Crashed", "Cancelled", "Running")
    shape = Shape("all", "p", tuple(FlowShape(f"flow{state}", "p") for state in states))
    run = span("flow", "Running", 0, None, *(span(f"flow{s}", s, 0, 1) for s in states))
    root = parsed(graph(shape, run))
    borders = [box(root, f"flow flow{state} ").get("stroke") for state in states]
    assert borders == [LIGHT[state.lower()] for state in states]
    assert len(set(borders)) == len(states)


def test_a_flow_that_is_listed_under_another_name_is_found_in_the_run() -> None:
    shape = Shape("s", "p", (FlowShape("listed", "p", run_name="flow1"),))
    assert texts(parsed(graph(shape, FAILED)))[-2:] == ["Completed", "listed"]


def test_dark_and_light_differ_in_colours_only() -> None:
    light, dark = graph(TEXT, FAILED), graph(TEXT, FAILED, "dark")
    assert DARK.keys() == LIGHT.keys()
    assert re.sub(r"#[0-9a-f]{6}", "", light) == re.sub(r"#[0-9a-f]{6}", "", dark)
    assert f'fill="{DARK["paper"]}"' in dark
    assert not re.search("prefers-color-scheme", light + dark)


def test_in_a_notebook_the_colours_follow_the_browser() -> None:
    root = parsed(graph(TEXT, theme="auto"))
    (style,) = root.iterfind(".//{*}style")
    assert (style.text or "").startswith("@media (prefers-color-scheme: dark){")
    used = {name for part in root.iter() for name in part.get("class", "").split()}
    rules = set(re.findall(r"\.lume-picture \.(\S+?)\{", style.text or ""))
    assert used - {"lume-picture"} <= rules
    assert f".f-paper{{fill:{DARK['paper']}}}" in (style.text or "")


def test_a_taken_return_value_is_shown() -> None:
    child = FlowShape("b", "p", mappings=(Mapping("x", "a", None, "raw"),))
    root = parsed(graph(Shape("s", "p", (FlowShape("a", "p"), child))))
    assert texts(root)[2:4] == ["a", "returned value"]
    assert "a, returned value → b, x (raw)" in tips(root)


def test_many_tasks_and_parameters_are_cut_but_not_those_that_are_mapped() -> None:
    many = FlowShape(
        "a",
        "p",
        free=tuple(Free(f"p{n}", "0") for n in range(30)),
        tasks=tuple(f"t{n}" for n in range(30)),
    )
    child = FlowShape("b", "p", mappings=(Mapping("x", "a", "t29", "raw"),))
    shown = texts(parsed(graph(Shape("s", "p", (many, child)))))
    assert "and 23 more parameters" in shown
    assert "and 23 more tasks" in shown
    assert [text for text in shown if re.fullmatch(r"t\d+", text)] == [
        *("t0", "t1", "t2", "t3", "t4", "t5"),
        "t29",
    ]


def test_hostile_names_are_text() -> None:
    flow = FlowShape(f"a{HOSTILE}", HOSTILE, free=(Free(HOSTILE, HOSTILE),), tasks=(HOSTILE,))
    child = FlowShape("b", "p", (Mapping(HOSTILE, flow.name, HOSTILE, "raw", HOSTILE),))
    svg = graph(Shape(HOSTILE, HOSTILE, (flow, child)), theme="auto")
    root = parsed(svg)
    assert "<script" not in svg
    tags = {part.tag.partition("}")[2] for part in root.iter()}
    assert tags == {"svg", "style", "rect", "g", "text", "title", "path", "circle"}
    whole = " ".join(HOSTILE.split())
    assert f"flow a{whole} of project {whole}" in tips(root)
    assert all(len(text) < 100 for text in texts(root))


def fifty() -> Shape:
    pick = random.Random(5)
    flows: list[FlowShape] = []
    for n in range(50):
        before = flows[max(0, n - 12) :]
        parents = pick.sample(before, min(len(before), pick.choice([0, 1, 1, 2, 3])))
        mappings = (Mapping(f"x{i}", p.name, "save", "db") for i, p in enumerate(parents))
        free = tuple(Free(f"k{i}", "1.0") for i in range(n % 4))
        flows.append(FlowShape(f"section_{n}", "ring", tuple(mappings), free, ("save",)))
    return Shape("ring", "ring", tuple(flows))


def test_fifty_flows_stay_apart() -> None:
    shape = fifty()
    root = parsed(graph(shape))
    cards = [box(root, f"flow {flow.name} ") for flow in shape.flows]
    frames = [[number(card, side) for side in ("x", "y", "width", "height")] for card in cards]
    for (x, y, width, height), (left, top, wide, high) in itertools.combinations(frames, 2):
        assert x + width < left or left + wide < x or y + height < top or top + high < y
    wires = sum(len(flow.mappings) for flow in shape.flows)
    assert sum("→" in tip for tip in tips(root)) == wires > 50
    assert not [text for text in texts(root) if "…" in text]
