"""What runs log, on the command line: afterwards, and while they go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_calling import Cli

from servers.prefect import PrefectServer

TEXTS = ("-p", "flow1-text1=hello", "-p", "flow1-text2= world", "-p", "flow3-text2=hello world")


def sources(lines: str) -> list[str]:
    """Return which flows and tasks have logged."""
    return [line.split()[2].split("-")[0].rstrip(":") for line in lines.splitlines()]


def test_lines_are_followed_to_the_end_of_the_run(cli: Cli, text_flows: Path) -> None:
    cli("run", "text_flows.py:flow1", "-p", "text1=a", "-p", "text2=b")
    run_id = cli("runs").rows[0][0]
    code, out, err = cli("runs", "logs", "--follow", run_id)
    assert (code, err) == (0, "")
    assert sources(out) == ["flow1", "save_text_file", "flow1"]
    assert out == cli("runs", "logs", run_id).out
    lines = [
        json.loads(line)
        for line in cli("--json", "runs", "logs", "-f", run_id).out.split("\n")[:-1]
    ]
    assert lines == json.loads(cli("--json", "runs", "logs", run_id).out)


def test_lines_of_child_runs_are_shown_where_they_are_wanted(cli: Cli, registered: Path) -> None:
    cli("run", "flow_of_flows.yaml", *TEXTS)
    run_id = cli("runs").rows[0][0]
    assert set(sources(cli("runs", "logs", run_id).out)) == {"flow_of_flows"}
    shown = cli("runs", "logs", "--children", run_id).out
    assert {"flow_of_flows", "flow1", "save_text_file", "flow2", "flow3"} <= set(sources(shown))


def test_a_run_on_a_server_shows_what_it_logs(
    cli: Cli, text_flows: Path, prefect_worker: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUME_BACKEND", "process")
    monkeypatch.setenv("LUME_PREFECT__API_URL", prefect_worker.url)
    code, out, err = cli("run", "text_flows.py:add", "-p", "a=1", "--logs")
    assert code == 0
    assert "  returned  3\n" in out
    told = [line.split(": ")[-1] for line in err.splitlines() if "add" in sources(line)]
    assert "Finished in state Completed()" in told
