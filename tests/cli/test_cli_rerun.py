"""Making a result again from the command line."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cli_calling import Cli
from cli_terminal import COMMAND

from lume_services import Result, config
from lume_services.files import TextFile
from lume_services.services.results.db import Document

FLOWS = """
from prefect import flow

from lume_services import Result
from lume_services.files import TextFile
from lume_services.tasks import load_file, save_db_result, save_file

FACTOR = 2.0


@flow
def scale(x: float, names: list[str], label: str = "a 'b' $c") -> None:
    outputs = {"y": FACTOR * x, "label": label, "names": names}
    save_db_result(Result(inputs={"x": x}, outputs=outputs))


@flow
def copy(file: dict) -> None:
    save_file(load_file(file), "copy.txt", "local", TextFile)
    save_db_result(Result(inputs={}, outputs={"length": 1}))


@flow
def fails(x: float) -> None:
    save_db_result(Result(inputs={"x": x}, outputs={}))
    raise ValueError("boom")
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    file = tmp_path / "rerun_flows.py"
    file.write_text(FLOWS)
    return file


@pytest.fixture
def scaled(cli: Cli, flows: Path) -> Document:
    """Run a flow that is not registered; return its result."""
    arguments = ("-p", "x=1.5", "-p", 'names=["é", "\\"q\\""]')
    assert cli("run", "rerun_flows.py:scale", *arguments).code == 0
    return only("scale")


def only(flow_name: str) -> Document:
    (document,) = config.current().results_db.find({"flow_name": flow_name})
    return document


def test_the_command_makes_the_same_result(cli: Cli, scaled: Document, flows: Path) -> None:
    code, out, err = cli("results", "rerun", scaled["unique_hash"][:8])
    assert (code, err) == (0, "")
    (command,) = out.splitlines()
    words = shlex.split(command)
    assert words[:3] == ["lume-services", "run", f"{flows}:scale"]
    assert words[3:] == [
        *("-p", "x=1.5"),
        *("-p", 'names=["é", "\\"q\\""]'),
        *("-p", "label=\"a 'b' $c\""),
    ]
    assert cli(*words[1:]).code == 0
    first, second = Result.find({"flow_name": "scale"})
    assert first.outputs == second.outputs


def test_a_registered_flow_is_run_by_its_name(cli: Cli, flows: Path) -> None:
    cli("register", "rerun_flows.py:scale", "--project", "test")
    cli("run", "scale", "--project", "test", "-p", "x=1", "-p", "names=[]")
    command = cli("results", "rerun", only("scale")["unique_hash"]).out
    assert command.startswith("lume-services run scale --project test -p x=1 -p 'names=[]' -p ")


def test_it_is_run_and_compared(cli: Cli, scaled: Document, flows: Path) -> None:
    code, out, _ = cli("results", "rerun", scaled["unique_hash"], "--yes")
    assert code == 0
    assert out.splitlines()[-3:] == ["inputs  equal", "outputs  equal", "made by  equal"]
    flows.write_text(FLOWS.replace("FACTOR = 2.0", "FACTOR = 3.00"))
    forget_module(flows)
    code, out, _ = cli("results", "rerun", scaled["unique_hash"], "--yes")
    assert code == 0
    assert out.splitlines()[-4:] == [
        "inputs  equal",
        "outputs",
        "  outputs.y  3.0 → 4.5  relative 0.33",
        "made by  equal",
    ]


def forget_module(file: Path) -> None:
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == str(file):
            del sys.modules[name]


def test_for_programs(cli: Cli, scaled: Document) -> None:
    printed = json.loads(cli("--json", "results", "rerun", scaled["unique_hash"]).out)
    assert printed["parameters"]["x"] == 1.5
    assert printed["warnings"] == []
    assert len(list(Result.find({}))) == 1
    ran = json.loads(cli("--json", "results", "rerun", scaled["unique_hash"], "--yes").out)
    assert ran["command"] == printed["command"]
    assert ran["run"]["state_type"] == "COMPLETED"
    assert ran["difference"]["same_contents"] is True


def test_what_is_no_longer_as_it_was(cli: Cli, flows: Path) -> None:
    rep = TextFile("given.txt").write("first")
    cli("run", "rerun_flows.py:copy", "-p", f"file={json.dumps(rep)}")
    document = only("copy")
    gone = {"result_type": "Result", "project_name": "p", "unique_hash": "f" * 64}
    replace(document, parents=[*document["parents"], gone], package="no-such-package", version="1")
    _, _, err = cli("results", "rerun", document["unique_hash"])
    copied = flows.with_name("copy.txt")
    assert err.splitlines() == [
        "warning: the version of no-such-package is unknown now and was 1",
        f"warning: result {'f' * 64}, from which it was made, is not in the database",
        f"warning: {copied} will be written again",
    ]
    (flows.parent / "given.txt").write_text("later")
    _, _, err = cli("results", "rerun", document["unique_hash"])
    assert "a file from which it was made: " in err
    assert "has sha256" in err


def replace(document: Document, **changes: Any) -> None:
    results_db = config.current().results_db
    results_db.delete({"unique_hash": document["unique_hash"]})
    results_db.insert({**document, **changes})


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ({"python": "2.7.18"}, r"the version of Python is 3\S+ now and was 2.7.18"),
        ({"image": "model:1"}, r"the image is unknown now and was model:1"),
        ({"commit": "abc", "dirty": True}, r"the commit is unknown now and was abc"),
        ({"dirty": True}, r"the flow's checkout had changes then"),
    ],
)
def test_differences_of_code(cli: Cli, scaled: Document, then: Any, expected: str) -> None:
    replace(scaled, provenance={**scaled["provenance"], **then})
    assert re.search(expected, cli("results", "rerun", scaled["unique_hash"]).err)


def test_a_failed_run_is_a_failure(cli: Cli, flows: Path) -> None:
    assert cli("run", "rerun_flows.py:fails", "-p", "x=1").code == 1
    code, out, err = cli("results", "rerun", only("fails")["unique_hash"], "--yes")
    assert code == 1
    assert "inputs  equal" in out
    assert "boom" in err


def test_what_cannot_be_run_again(cli: Cli, scaled: Document, flows: Path) -> None:
    rep = Result(flow_id="by hand", inputs={}, outputs={}).insert()
    code, out, err = cli("results", "rerun", rep["unique_hash"])
    assert (code, out) == (2, "")
    assert "was not made by a flow's run" in err
    replace(scaled, provenance=None)
    code, out, err = cli("results", "rerun", scaled["unique_hash"])
    assert (code, out) == (2, "")
    assert "does not say what its run's parameters were" in err
    replace(scaled, provenance={**scaled["provenance"], "entrypoint": None})
    code, out, err = cli("results", "rerun", scaled["unique_hash"])
    assert (code, out) == (2, "")
    assert "no flow 'scale' in project 'default'" in err


def test_a_child_of_a_flow_of_flows_is_run_by_itself(cli: Cli, registered: Path) -> None:
    texts = {"flow1-text1": "a", "flow1-text2": "b", "flow3-text2": "c"}
    given = [word for name, text in texts.items() for word in ("-p", f"{name}={text}")]
    assert cli("run", registered, *given).code == 0
    document = only("flow2")
    code, out, _ = cli("results", "rerun", document["unique_hash"], "--yes")
    assert code == 0
    words = shlex.split(out.splitlines()[0])
    assert words[:6] == ["lume-services", "run", "flow2", "--project", "test", "-p"]
    assert json.loads(words[6].removeprefix("file_rep=")) == document["inputs"]["file"]
    assert out.splitlines()[-3:] == ["inputs  equal", "outputs  equal", "made by  equal"]


@pytest.mark.parametrize(("answer", "results"), [("n", 1), ("y", 2)])
def test_a_terminal_is_asked(scaled: Document, answer: str, results: int) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "results", "rerun", scaled["unique_hash"]]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    shown = b""
    with suppress(OSError):  # the other end is closed
        while chunk := os.read(ours, 4096):
            shown += chunk
    os.close(ours)
    assert process.wait(300) == 0
    assert b"run it? [y/N] " in shown
    assert len(list(Result.find({"flow_name": "scale"}))) == results
