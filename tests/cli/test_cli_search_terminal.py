"""Finding and exporting results on a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from cli_terminal import COMMAND, Terminal

from lume_services import Result


def save(number: int, **outputs: Any) -> None:
    Result(project_name="lab", flow_id=f"{number}", inputs={"k1": number}, outputs=outputs).insert()


def written(*arguments: str) -> str:
    with Terminal([*COMMAND, "results", *arguments]) as terminal:
        text = terminal.read()
        assert terminal.code == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_numbers_stand_to_the_right_and_arrays_are_summarised() -> None:
    save(5, size=0.123456789, sizes=np.arange(3), note="a")
    save(10000, size=12, sizes=None, note="b")
    columns = "inputs.k1,outputs.size,outputs.note,outputs.sizes"
    assert [line.rstrip() for line in written("find", "--columns", columns).splitlines()] == [
        "inputs.k1  outputs.size  outputs.note  outputs.sizes",
        "    10000            12  b             -",
        "        5      0.123457  a             ndarray 3 int64, from 0 to 2",
    ]


def test_a_document_does_not_command_the_terminal() -> None:
    save(1, note="\x1b[2J\x1b]0;title\x07gone\N{RIGHT-TO-LEFT OVERRIDE}")
    with Terminal([*COMMAND, "results", "find", "--columns", "outputs.note"]) as terminal:
        shown = terminal.read()
    assert "\N{REPLACEMENT CHARACTER}[2J" in shown
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown


def test_an_export_shows_how_far_it_is() -> None:
    for number in range(5):
        save(number)
    shown = written("export", "-o", "a.csv")
    assert "5/5" in shown
    assert shown.splitlines()[-1].split() == ["file", "a.csv"]
    assert len(Path("a.csv").read_text().splitlines()) == 6
