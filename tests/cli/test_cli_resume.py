"""The command ``resume``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_calling import Cli
from cli_terminal import COMMAND, Terminal

FLOWS = """
from pathlib import Path

from prefect import flow


@flow
def measure(k: float) -> float:
    return 2 * k


@flow
def fit(x: float, folder: str) -> float:
    if not Path(folder).is_dir():
        raise RuntimeError("no beam yet")
    return x + 1
"""

SPECIFICATION = """
name: study
project_name: lab
composing_flows:
  - name: measure
    project_name: lab
  - name: fit
    project_name: lab
    mapped_parameters:
      x: {parent_flow_name: measure, parent_project_name: lab}
"""


@pytest.fixture
def failed(cli: Cli, tmp_path: Path) -> str:
    """The run of a composition whose second flow failed."""
    (tmp_path / "lab.py").write_text(FLOWS)
    (tmp_path / "study.yaml").write_text(SPECIFICATION)
    for name in ("measure", "fit"):
        assert cli("register", f"lab.py:{name}", "--project", "lab").code == 0
    done = cli("run", "study.yaml", "-p", "measure-k=3", "-p", f"fit-folder={tmp_path / 'data'}")
    assert done.code == 1
    return cli("runs").rows[0][0]


def test_a_dry_run_says_what_would_run(cli: Cli, failed: str) -> None:
    shown = cli("resume", failed, "--dry-run")
    assert shown.code == 0
    assert shown.rows == [
        ["measure", "reused", "it has ended well"],
        ["fit", "run", "it was Failed"],
    ]
    shown = cli("resume", failed, "--dry-run", "-p", "measure-k=4")
    assert shown.rows == [
        ["measure", "run", "parameter k is 4 and was 3"],
        ["fit", "run", "it was Failed; it takes results of measure"],
    ]
    document = json.loads(cli("--json", "resume", failed, "--dry-run").out)
    assert document["resumes"] == failed
    assert [step["flow_name"] for step in document["steps"]] == ["measure", "fit"]
    assert len(cli("runs").rows) == 1


def test_it_says_what_runs_and_runs_it(cli: Cli, failed: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    done = cli("resume", failed[:12])
    assert done.code == 0
    assert done.err.splitlines()[:2] == [
        "measure: reused: it has ended well",
        "fit: run: it was Failed",
    ]
    text = r"study  Completed .*\n  fit  Completed .*\n    returned  7\.0\n"
    assert re.match(text + r"  measure  Completed .* reused run .*\n    returned  6\.0\n", done.out)
    run_id = cli("runs").rows[0][0]
    assert cli("runs", "show", run_id).fields["resumes"] == failed
    again = cli("resume", run_id)
    assert (again.code, len(cli("runs").rows)) == (2, 2)
    assert "there is nothing to run" in again.err
    (tmp_path / "picture.svg").unlink(missing_ok=True)
    assert cli("graph", "--run", run_id, "-o", "picture.svg").code == 0
    assert (tmp_path / "picture.svg").read_text().count("Completed") >= 2
    assert cli("graph", "--timeline", "--run", run_id, "-o", "time.svg").code == 0


def test_a_run_that_fails_again_has_the_exit_code_of_a_failure(cli: Cli, failed: str) -> None:
    done = cli("--json", "resume", failed, "--yes")
    assert done.code == 1
    document = json.loads(done.out)
    assert document["resumes"] == failed
    assert [(c["flow_name"], c["state_name"]) for c in document["children"]] == [
        ("fit", "Failed"),
        ("measure", "Completed"),
    ]


def test_a_terminal_is_asked(failed: str, cli: Cli) -> None:
    with Terminal([*COMMAND, "resume", failed]) as terminal:
        shown = terminal.read(until="[y/N]")
        terminal.write("n\n")
        terminal.read()
    assert "fit: run: it was Failed" in shown
    assert terminal.code == 0
    assert len(cli("runs").rows) == 1
