"""Plotting database results from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from cli_calling import Cli

from lume_services import Result


@pytest.fixture
def saved() -> None:
    for number in range(4):
        Result(
            project_name="lab",
            flow_id=f"{number}",
            inputs={"k1": number, "gun": "ab"[number % 2]},
            outputs={"size": number**2},
        ).insert()


@pytest.mark.usefixtures("saved")
def test_a_plot_is_named_after_its_paths(cli: Cli) -> None:
    code, out, err = cli("results", "plot", "inputs.k1", "outputs.size", "--by", "inputs.gun")
    assert (code, out, err) == (0, "picture  size-k1.png\n", "")
    assert Path("size-k1.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("saved")
def test_options(cli: Cli) -> None:
    options = ["--where", "inputs.k1 > 0", "--project", "lab", "--log-x", "--log-y", "--limit", "2"]
    done = cli("results", "plot", "inputs.k1", "outputs.size", "-o", "a.svg", *options, "--json")
    assert json.loads(done.out) == {"picture": "a.svg"}
    assert "<svg" in Path("a.svg").read_text()


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inputs.k1", "outputs.size", "-o", "a.gif"], "'a.gif' is no name of a picture"),
        (["inputs.k1", "outputs.size", "-o", "no/a.png"], "in a folder that does not exist"),
        (["inputs.k1", "outputs.no"], "no result has values to plot at inputs.k1 and outputs.no"),
        (["inputs.k1", "outputs.size", "--where", "k1 >"], "at column 5: this is not understood"),
    ],
)
def test_what_cannot_be_plotted(cli: Cli, arguments: list[str], message: str) -> None:
    code, out, err = cli("results", "plot", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.usefixtures("saved")
def test_a_plot_needs_matplotlib(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "lume_services.pictures.plot", raising=False)
    monkeypatch.delattr("lume_services.pictures.plot", raising=False)
    code, out, err = cli("results", "plot", "inputs.k1", "outputs.size")
    assert (code, out) == (2, "")
    assert err == (
        "error: a plot needs matplotlib, which is not installed: "
        "pip install 'lume-services[plot]'\n"
    )
