"""What notebooks show of flows and results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictured import parsed, texts

from lume_services import Flow, FlowOfFlows, Result, config
from lume_services.pictures.values import brief, named

TEXT_EXAMPLE = Path(__file__).parents[2] / "examples/text"


@pytest.fixture
def text_flows() -> FlowOfFlows:
    for name in ("flow1", "flow2", "flow3"):
        config.current().scheduling.register_flow(
            f"{TEXT_EXAMPLE / 'text_flows.py'}:{name}", "test"
        )
    return FlowOfFlows.from_yaml(TEXT_EXAMPLE / "flow_of_flows.yaml")


def cells(html: str) -> list[list[str]]:
    return [[cell.text or "" for cell in row] for row in parsed(html).iter("tr")]


def test_a_flow_of_flows_is_a_picture(text_flows: FlowOfFlows) -> None:
    shown = text_flows._repr_mimebundle_(include=None, exclude=None)
    assert shown["text/plain"] == "FlowOfFlows('flow_of_flows', 'test')"
    assert shown["text/html"] == text_flows._repr_html_()
    assert shown["image/svg+xml"] in shown["text/html"]
    words = texts(parsed(shown["image/svg+xml"]))
    assert {"flow1", "flow2", "flow3", "file_rep", "save_db_result", '= "text.txt"'} <= {*words}
    assert "prefers-color-scheme: dark" in shown["image/svg+xml"]


def test_a_flow_is_its_parameters_and_tasks(text_flows: FlowOfFlows) -> None:
    html = Flow("flow1", "test")._repr_html_()
    assert html.startswith("<div><strong>flow1</strong> project test<table>")
    assert cells(html) == [
        ["Parameter", "Type", "Default"],
        ["text1", "string", "required"],
        ["text2", "string", "required"],
        ["filename", "string", '"text.txt"'],
        ["Task"],
        ["save_text_file"],
    ]


def test_a_result_is_a_table_with_its_arrays_summarised() -> None:
    result = Result(
        project_name="ring",
        flow_id="a1",
        inputs={"k1": 1.5, "<b>note": "<script>"},
        outputs={"beam": {"x": np.linspace(-1, 2, 300).reshape(100, 3), "empty": {}}, "n": 3},
    )
    html = result._repr_html_()
    assert cells(html) == [
        ["Input", ""],
        ["k1", "1.5"],
        ["<b>note", "'<script>'"],
        ["Output", ""],
        ["beam.x", "ndarray 100 x 3 float64, from -1 to 2"],
        ["beam.empty", "{}"],
        ["n", "3"],
    ]
    assert "<script>" not in html
    assert "project ring · flow id a1 · " in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(1.5), "np.float64(1.5)"),
        (np.zeros((0, 2)), "ndarray 0 x 2 float64"),
        (np.array(["a", "b"]), "ndarray 2 <U1"),
        (b"123", "3 bytes"),
        (list(range(1000)), "[0, 1, 2, 3, 4, 5, 6, 7, ...]"),
        (None, "None"),
    ],
)
def test_values_are_described_in_a_few_words(value: object, text: str) -> None:
    assert brief(value) == text


def test_references_take_one_line() -> None:
    file = {"file_type": "TextFile", "filename": "a.txt", "size": 3, "sha256": "ff"}
    result = {"result_type": "Result", "project_name": "ring", "unique_hash": "00ff"}
    assert named({"in": {"file": file, "result": result}}) == [
        ("in.file", "TextFile a.txt"),
        ("in.result", "Result 00ff"),
    ]


def test_long_text_is_cut() -> None:
    assert len(brief("x" * 10**6)) == 120


def test_many_values_are_cut() -> None:
    rows = named({f"x{n}": n for n in range(1000)})
    assert len(rows) == 41
    assert rows[-2:] == [("x39", "39"), ("", "and 960 more")]
