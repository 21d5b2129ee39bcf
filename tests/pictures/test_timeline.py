"""What a run's time line says."""

from __future__ import annotations

from pictured import FAILED, after, box, number, parsed, span, texts

from lume_services.pictures.palette import LIGHT
from lume_services.pictures.timeline import timeline

PARENTS = {"flow1": (), "flow2": ("flow1",), "flow3": ("flow1", "flow2")}


def test_it_shows_what_ran_when_and_who_waited_for_whom() -> None:
    root = parsed(timeline(FAILED, PARENTS, after(10)))
    shown = texts(root)
    assert shown[0:3] == ["flow_of_flows", "time line", "Failed"]
    assert shown[4:9] == ["0", "1 s", "2 s", "3 s", "4 s"]
    assert shown[9:] == [
        *("flow1", "1 s"),
        *("save_text_file", "500 ms"),
        *("flow2", "Failed after 2.5 s, waited 1 s for flow1"),
        *("load_text_file", "500 ms", "load_text_file", "500 ms"),
        *("save_db_result", "Crashed after 1 s"),
        *("flow3", "not run: needs flow2"),
    ]


def test_bars_stand_where_the_axis_says() -> None:
    root = parsed(timeline(FAILED, PARENTS, after(10)))
    axis = {part.text: number(part, "x") for part in root.iterfind(".//{*}text") if part.text}
    second = (axis["2 s"] - axis["0"]) / 2
    bar = box(root, "flow2: Failed")
    assert abs(number(bar, "x") - (axis["0"] + 1.5 * second)) < 0.02
    assert abs(number(bar, "width") - 2.5 * second) < 0.02
    assert bar.get("fill") == LIGHT["failed"]
    assert box(root, "save_db_result: Crashed").get("fill") == LIGHT["crashed"]


def test_an_arrow_goes_from_the_end_of_a_flow_to_the_start_of_the_one_that_waited() -> None:
    root = parsed(timeline(FAILED, PARENTS, after(10)))
    first, second = box(root, "flow1: "), box(root, "flow2: ")
    end = number(first, "x") + number(first, "width")
    arrows = [
        part.attrib["d"]
        for part in root.iterfind(".//{*}path")
        if part.get("stroke-width") == "1.2"
    ]
    (arrow,) = (steps.split() for steps in arrows)
    assert abs(float(arrow[1]) - end) < 0.02
    assert abs(float(arrow[7]) - number(second, "x")) < 0.02
    assert number(first, "y") < float(arrow[2]) < float(arrow[8]) < number(second, "y")


def test_the_parent_that_ended_last_is_waited_for() -> None:
    run = span(
        "flow",
        "Completed",
        0,
        5,
        span("flow1", "Completed", 0, 3),
        span("flow2", "Completed", 0, 2),
        span("flow3", "Completed", 3, 5),
    )
    parents = {"flow1": (), "flow2": (), "flow3": ("flow1", "flow2")}
    assert texts(parsed(timeline(run, parents, after(9))))[-1] == "2 s, waited 3 s for flow1"


def test_what_still_runs_ends_now() -> None:
    run = span("flow", "Running", 0, None, span("flow1", "Running", 1, None))
    root = parsed(timeline(run, {"flow1": (), "flow2": ("flow1",)}, after(2)))
    bar = box(root, "flow1: Running")
    assert abs(number(bar, "width") - 310) < 0.02
    assert texts(root)[-2:] == ["flow1", "Running"]


def test_any_flow_has_a_time_line() -> None:
    inner = span("flow inner", "Completed", 1, 2, span("work", "Completed", 1, 2))
    run = span("flow", "Completed", 0, 3, span("work", "Completed", 0, 1), inner)
    assert texts(parsed(timeline(run, {}, after(3))))[-6:] == [
        *("work", "1 s"),
        *("flow inner", "1 s"),
        *("work", "1 s"),
    ]


def test_many_tasks_are_cut() -> None:
    tasks = (span("work", "Completed", n / 100, n / 100 + 0.01) for n in range(500))
    run = span("flow", "Completed", 0, 5, span("flow1", "Completed", 0, 5, *tasks))
    shown = texts(parsed(timeline(run, {}, after(5))))
    assert shown.count("work") == 12
    assert "and 488 more tasks" in shown


def test_many_flows_are_cut() -> None:
    run = span(
        "flow", "Completed", 0, 5, *(span(f"flow{n}", "Completed", 0, 5) for n in range(900))
    )
    assert "and 300 more flows and tasks" in texts(parsed(timeline(run, {}, after(5))))
