"""Drawing flows and runs from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cli_calling import Cli

TEXTS = ("-p", "flow1-text1=hello", "-p", "flow1-text2= world", "-p", "flow3-text2=hello world")


def texts(file: str) -> list[str]:
    return [part.text or "" for part in ET.parse(file).iterfind(".//{*}text")]


def last_run(cli: Cli) -> str:
    return cli("runs").rows[0][0]


def test_a_flow_of_flows_is_drawn(cli: Cli, registered: Path) -> None:
    assert cli("graph", "flow_of_flows.yaml", "-o", "graph.svg") == (0, "picture  graph.svg\n", "")
    shown = texts("graph.svg")
    assert shown[:2] == ["flow_of_flows", "project test · 3 flows"]
    assert {"flow1", "save_text_file", "file_rep", "file", "outputs.output1", "db"} <= {*shown}
    assert "Completed" not in shown


def test_a_png_is_drawn(cli: Cli, registered: Path) -> None:
    assert cli("graph", "flow_of_flows.yaml", "--output", "graph.png", "--dark").code == 0
    assert Path("graph.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_run_is_drawn_without_its_file(cli: Cli, registered: Path) -> None:
    assert cli("run", "flow_of_flows.yaml", *TEXTS).code == 0
    registered.unlink()
    assert cli("graph", "--run", last_run(cli)[:8], "-o", "graph.svg").code == 0
    assert texts("graph.svg").count("Completed") == 4


def test_a_run_of_a_file_is_drawn(cli: Cli, registered: Path) -> None:
    cli("run", "flow_of_flows.yaml", *TEXTS)
    run_id = last_run(cli)
    drawn = cli("--json", "graph", "flow_of_flows.yaml", "--run", run_id, "-o", "graph.svg")
    assert (drawn.code, json.loads(drawn.out)) == (0, {"picture": "graph.svg"})
    assert texts("graph.svg").count("Completed") == 4


def test_a_failed_run_shows_what_was_not_run(cli: Cli, registered: Path) -> None:
    nowhere = ("-p", "flow1-filename=missing/text.txt")
    assert cli("run", "flow_of_flows.yaml", *TEXTS, *nowhere).code == 1
    run_id = last_run(cli)
    assert cli("graph", "--run", run_id, "-o", "graph.svg").code == 0
    states = {"Completed", "Failed", "flow1", "flow2", "flow3", "save_text_file", "not run"}
    assert [text for text in texts("graph.svg") if text in states] == [
        "Failed",
        *("Failed", "flow1", "save_text_file", "Failed"),
        *("not run", "flow2"),
        *("not run", "flow3"),
    ]
    assert cli("graph", "--run", run_id, "--timeline", "-o", "time.svg").code == 0
    assert texts("time.svg")[-4:] == [
        *("flow2", "not run: needs flow1"),
        *("flow3", "not run: needs flow2"),
    ]


def test_a_time_line_is_drawn(cli: Cli, registered: Path) -> None:
    cli("run", "flow_of_flows.yaml", *TEXTS)
    assert cli("graph", "--run", last_run(cli), "--timeline", "-o", "time.svg").code == 0
    shown = texts("time.svg")
    names = ["flow1", "save_text_file", "flow2", "load_text_file", "save_db_result", "flow3"]
    assert [text for text in shown if text in names] == names
    assert len([text for text in shown if re.search(r", waited .+ for flow[12]$", text)]) == 2


def test_the_time_line_of_any_flow_is_drawn(cli: Cli, text_flows: Path) -> None:
    cli("run", "text_flows.py:flow1", "-p", "text1=a", "-p", "text2=b")
    run_id = last_run(cli)
    assert cli("graph", "--run", run_id, "--timeline", "-o", "time.svg").code == 0
    assert "save_text_file" in texts("time.svg")
    code, out, err = cli("graph", "--run", run_id, "-o", "graph.svg")
    assert (code, out) == (2, "")
    assert "does not tell which flows it is composed of" in err


def test_a_run_of_another_flow_is_refused(cli: Cli, registered: Path) -> None:
    cli("run", "text_flows.py:add", "-p", "a=1")
    code, _, err = cli("graph", registered.name, "--run", last_run(cli), "-o", "graph.svg")
    assert code == 2
    assert "is one of flow 'add', not of 'flow_of_flows'" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "graph.svg"), "Give a flow-of-flows FILE.yaml, or --run ID"),
        (("flow_of_flows.yaml", "--timeline", "-o", "t.svg"), "say which: --run ID"),
        (("flow_of_flows.yaml", "-o", "graph.gif"), "end it in .svg or .png"),
        (("flow_of_flows.yaml", "-o", "missing/graph.svg"), "a folder that does not exist"),
        (("flow_of_flows.yaml",), "requires an argument"),
        (("missing.yaml", "-o", "graph.svg"), "missing.yaml"),
        (("--run", "0000", "-o", "graph.svg"), "there is no run '0000'"),
    ],
)
def test_bad_input_gives_2_and_draws_nothing(
    cli: Cli, registered: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = sorted(Path().iterdir())
    code, out, err = cli("graph", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    assert sorted(Path().iterdir()) == before
