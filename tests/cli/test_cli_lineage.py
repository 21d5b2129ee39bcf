"""The lineage of results on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cli_calling import Cli

from lume_services import Result
from lume_services.files import TextFile
from lume_services.results.lineage import lineage


def save(name: str, *parents: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    made = Result(flow_id=name, flow_name=name, inputs={}, outputs=outputs, parents=parents)
    return made.insert()


@pytest.fixture
def file(tmp_path: Path) -> dict[str, Any]:
    return TextFile(str(tmp_path / "orbit.txt")).write("orbit")


@pytest.fixture
def saved(file: dict[str, Any]) -> list[dict[str, Any]]:
    """Save a chain with a file in it, and a short cut: a > b > orbit.txt > c, and a > c."""
    a = save("a")
    b = save("b", a, orbit=file)
    return [a, b, save("c", file, a)]


def branches(out: str) -> list[str]:
    return [re.split("  (?:result|file)  ", line)[0] for line in out.splitlines()]


def test_the_tree(cli: Cli, saved: list[dict[str, Any]], file: dict[str, Any]) -> None:
    code, out, err = cli("results", "lineage", saved[2]["unique_hash"][:10])
    assert (code, err) == (0, "")
    assert branches(out) == [
        "c",
        "",
        "made from",
        f"├── {file['filename']}",
        "│   └── b",
        "│       └── a",
        "└── a",
    ]
    up_and_down = branches(cli("results", "lineage", "b").out)
    assert up_and_down[2:] == [
        "made from",
        "└── a",
        "",
        "used for",
        f"└── {file['filename']}",
        "    └── c",
    ]
    assert branches(cli("results", "lineage", "b", "--up").out) == up_and_down[:4]
    down = branches(cli("results", "lineage", "b", "--down").out)
    assert down == [*up_and_down[:2], *up_and_down[5:]]


def test_what_stands_twice_has_its_branches_once(cli: Cli) -> None:
    a = save("a")
    b = save("b", a)
    save("d", save("c", b), b)
    lines = cli("results", "lineage", "d").out.splitlines()
    assert branches("\n".join(lines))[3:] == ["├── c", "│   └── b", "│       └── a", "└── b"]
    assert [line.endswith("as above") for line in lines[3:]] == [False, False, False, True]


def test_a_file_by_its_path(cli: Cli, saved: list[dict[str, Any]], file: dict[str, Any]) -> None:
    out = cli("results", "lineage", "orbit.txt").out
    assert branches(out)[0] == file["filename"]
    assert branches(out)[2:] == ["made from", "└── b", "    └── a", "", "used for", "└── c"]


def test_as_json(cli: Cli, saved: list[dict[str, Any]]) -> None:
    document = json.loads(cli("--json", "results", "lineage", "c", "--depth", 1).out)
    assert document["root"] == f"result:{saved[2]['unique_hash']}"
    assert len(document["nodes"]) == 4
    assert len(document["edges"]) == 3


def test_missing_and_cut_are_said(cli: Cli) -> None:
    gone = {"result_type": "Result", "project_name": "p", "unique_hash": "f" * 64}
    save("a", gone)
    code, out, err = cli("results", "lineage", "a")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"└── Result  result  {'f' * 64}  missing"
    code, out, err = cli("results", "lineage", "a", "--limit", 1)
    assert err.splitlines()[-1] == "there is more than these 1; see --limit and --depth"


def test_a_result_alone(cli: Cli) -> None:
    save("a")
    code, _, err = cli("results", "lineage", "a")
    assert (code, err) == (0, "nothing is known that it was made from or used for\n")


def test_an_unknown_result_and_a_bad_picture(cli: Cli) -> None:
    code, out, err = cli("results", "lineage", "nope")
    assert (code, out) == (2, "")
    assert err.startswith("error: no result has a hash or a run id that begins with 'nope'")
    code, out, err = cli("results", "lineage", "nope", "--graph", "x.gif")
    assert (code, out) == (2, "")
    assert "no name of a picture" in err


def test_the_picture(cli: Cli, saved: list[dict[str, Any]], tmp_path: Path) -> None:
    code, out, _ = cli("results", "lineage", "c", "--graph", "l.svg")
    assert (code, out.splitlines()[-1]) == (0, "picture  l.svg")
    root = ET.fromstring((tmp_path / "l.svg").read_text())
    texts = [part.text for part in root.iter("{http://www.w3.org/2000/svg}text")]
    short = [rep["unique_hash"][:8] for rep in saved]
    assert texts[:2] == [f"Lineage of c {short[2]}", "project default · 3 results and 1 file"]
    assert {f"a {short[0]}", f"b {short[1]}", f"c {short[2]}"} <= set(texts)
    assert texts.count("orbit.txt") == 2
    arrows = [
        part.text
        for part in root.iter("{http://www.w3.org/2000/svg}title")
        if part.text and "→" in part.text
    ]
    assert sorted(arrows) == sorted(
        [
            f"a {short[0]}, database result → b {short[1]}, a {short[0]} (db)",
            f"b {short[1]}, orbit.txt → c {short[2]}, orbit.txt (file)",
            f"a {short[0]}, database result → c {short[2]}, a {short[0]} (db)",
        ]
    )
    cli("results", "lineage", "c", "--graph", "d.png", "--dark")
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_what_was_made_in_a_circle() -> None:
    def file(digit: str) -> dict[str, Any]:
        return {
            "file_type": "TextFile",
            "filename": f"/nowhere/{digit}",
            "filesystem_identifier": "local",
            "size": 1,
            "sha256": digit * 64,
        }

    there = save("there", file("1"), file=file("2"))
    save("back", file("2"), file=file("1"))
    picture = lineage(there)._repr_html_()
    assert "prefers-color-scheme" in picture
    assert "there, 2 → back" not in picture
    assert picture.count("(file)") == 1
