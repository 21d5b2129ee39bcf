"""Registering, validating and running flows from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_calling import Cli

from lume_services import config

TEXTS = ("-p", "flow1-text1=hello", "-p", "flow1-text2= world", "-p", "flow3-text2=hello world")


def test_a_flow_is_registered(cli: Cli, text_flows: Path) -> None:
    given = cli(
        "register",
        "text_flows.py:flow1",
        "--project",
        "test",
        "--image",
        "lab/flows:1",
        "--label",
        "gpu",
        "--label",
        "fast",
    )
    assert (given.code, given.err) == (0, "")
    assert given.fields == {
        "registered": "flow1",
        "project": "test",
        "entrypoint": f"{text_flows}:flow1",
        "parameters": "text1 text2 [filename]",
        "tasks": "save_text_file",
        "image": "lab/flows:1",
        "labels": "gpu, fast",
    }
    record = config.current().scheduling.record("flow1", "test")
    assert (record.image, record.labels) == ("lab/flows:1", ("gpu", "fast"))


def test_a_module_of_the_working_directory_is_found(cli: Cli, text_flows: Path) -> None:
    assert cli("register", "text_flows:add", "--project", "test").code == 0
    assert cli("run", "add", "--project", "test", "-p", "a=1").code == 0


def test_registered_flows_are_listed_by_project(cli: Cli, registered: Path) -> None:
    assert cli("register", "text_flows.py:add", "--project", "other").code == 0
    file = registered.with_name("text_flows.py")
    assert [row[:3] for row in cli("flows").rows[:4]] == [
        ["add", "other", "a [b]"],
        ["flow1", "test", "text1 text2 [filename]"],
        ["flow2", "test", "file_rep"],
        ["flow3", "test", "text1 text2"],
    ]
    (row,) = [row for row in cli("flows", "--project", "other").rows if row[1] != "(installed)"]
    assert row == ["add", "other", "a [b]", f"{file}:add"]


def test_flows_of_installed_packages_are_listed(
    cli: Cli, text_flows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = text_flows.parent / "site" / "lab-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lab\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[orchestration]\nadd = text_flows:add\n")
    monkeypatch.syspath_prepend(metadata.parent)
    assert ["add", "(installed)", "", "text_flows:add"] in cli("flows").rows


def test_a_specification_is_validated(cli: Cli, registered: Path) -> None:
    code, out, err = cli("validate", "flow_of_flows.yaml")
    assert (code, err) == (0, "")
    assert out == (
        "valid    flow_of_flows.yaml\n"
        "name     flow_of_flows\n"
        "project  test\n"
        "flows    flow1\n"
        "         flow2 after flow1\n"
        "         flow3 after flow2\n"
        "\n"
        "PARAMETER\tTYPE\tDEFAULT\n"
        "flow1-text1\tstring\trequired\n"
        "flow1-text2\tstring\trequired\n"
        'flow1-filename\tstring\t"text.txt"\n'
        "flow3-text2\tstring\trequired\n"
    )
    assert cli("runs").rows == []


def test_a_flow_of_flows_is_run(cli: Cli, registered: Path) -> None:
    ran = cli("run", "flow_of_flows.yaml", *TEXTS)
    assert (ran.code, ran.err) == (0, "")
    run_id = cli("runs").rows[0][0]
    path = registered.with_name("text.txt")
    expected = [
        rf"flow_of_flows  Completed  \S+s  run {run_id}",
        r"  flow1  Completed  \S+s  run \S{36}",
        rf"    save_text_file  {re.escape(str(path))} \(11 bytes\)",
        r"  flow2  Completed  \S+s  run \S{36}",
        r"    save_db_result  Result [0-9a-f]{64}",
        r"  flow3  Completed  \S+s  run \S{36}",
        r"    returned  true",
    ]
    lines = ran.out.splitlines()
    assert [bool(re.fullmatch(*pair)) for pair in zip(expected, lines, strict=True)] == [True] * 7
    assert path.read_text() == "hello world"


def test_parameters_come_from_a_file_too(cli: Cli, registered: Path) -> None:
    Path("p.yaml").write_text("flow1-text1: bye\nflow1-text2: ' world'\nflow3-text2: bye world\n")
    ran = cli("run", "flow_of_flows.yaml", "--params", "p.yaml", "-p", "flow1-text1=hello")
    assert ran.code == 0
    assert Path("text.txt").read_text() == "hello world"
    assert "returned  false" in ran.out


@pytest.mark.parametrize("target", ["text_flows.py:add", "text_flows:add"])
def test_a_flow_is_run_by_where_it_is(cli: Cli, text_flows: Path, target: str) -> None:
    ran = cli("run", target, "-p", "a=40")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == ["  returned  42"]
    assert [row[1:4] for row in cli("runs").rows] == [["add", "default", "Completed"]]


def test_a_file_that_only_a_worker_can_see_is_told_by_its_filesystem(cli: Cli) -> None:
    names = {"file_type": "txt", "filename": "/data/a.txt", "filesystem_identifier": "mounted"}
    lines = ["from prefect import flow", "@flow", "def far():"]
    lines.append(f"    return {dict(names, size=3, sha256=None)!r}")
    Path("far.py").write_text("\n".join(lines))
    ran = cli("run", "far.py:far")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == ["  returned  /data/a.txt of filesystem mounted (3 bytes)"]


def test_a_flow_is_run_by_name(cli: Cli, registered: Path) -> None:
    ran = cli("run", "flow3", "--project", "test", "-p", "text1=a", "-p", "text2=b")
    assert ran.out.splitlines()[1:] == ["  returned  false"]
    assert cli("runs", "--project", "test").rows[0][1:4] == ["flow3", "test", "Completed"]
    assert cli("runs", "--project", "other").rows == []


def test_a_failed_run_gives_1_and_the_cause(cli: Cli, text_flows: Path) -> None:
    ran = cli("run", "text_flows.py:fails")
    run_id = cli("runs").rows[0][0]
    assert ran.code == 1
    assert ran.out.startswith("fails  Failed")
    assert ran.err == (
        "error: flow 'fails' ended as Failed: ValueError: boom "
        f"(run {run_id}; see: lume-services runs logs {run_id})\n"
    )


def test_a_failed_child_is_shown_with_its_cause(cli: Cli, registered: Path) -> None:
    cli("register", "text_flows.py:fails", "--project", "test")
    text = registered.read_text().replace("name: flow3", "name: fails").split("    mapped")
    registered.write_text("    mapped".join(text[:2]))
    ran = cli("run", "flow_of_flows.yaml", *TEXTS[:4])
    assert ran.code == 1
    lines = [line.split()[:2] for line in ran.out.splitlines() if "run" in line]
    states = dict(map(tuple, lines))
    assert states["flow_of_flows"] == "Failed"
    assert (states["flow1"], states["flow2"], states["fails"]) == ("Completed",) * 2 + ("Failed",)
    assert "    Flow run encountered an exception: ValueError: boom\n" in ran.out
    assert ran.err.startswith("error: flow 'flow_of_flows' ended as Failed")
    assert "flow 'fails' ended as Failed" in ran.err


def test_what_is_not_json_is_named_and_does_not_fail_the_run(cli: Cli, text_flows: Path) -> None:
    ran = cli("run", "text_flows.py:returns_object")
    assert ran.code == 0
    assert "  returned  flow 'returns-object' returned object, which is not JSON" in ran.out


def test_a_run_is_shown(cli: Cli, registered: Path) -> None:
    cli("run", "flow_of_flows.yaml", *TEXTS)
    run_id = cli("runs").rows[0][0]
    shown = cli("runs", "show", run_id[:8])
    assert shown.fields["id"] == run_id
    assert shown.fields["state"] == "Completed"
    assert json.loads(shown.fields["parameters"]) == {
        "flow1-text1": "hello",
        "flow1-text2": " world",
        "flow3-text2": "hello world",
    }
    assert [row.split("\t")[1:4] for row in shown.out.splitlines()[-3:]] == [
        ["flow1", "test", "Completed"],
        ["flow2", "test", "Completed"],
        ["flow3", "test", "Completed"],
    ]
    child_id = shown.out.splitlines()[-3].split("\t")[0]
    child = cli("runs", "show", child_id)
    assert child.fields["parent"] == run_id
    assert json.loads(child.fields["parameters"])["text1"] == "hello"
    assert re.fullmatch(r"save_text_file-\S+\tCompleted\t\S+s\t1\t", child.out.splitlines()[-1])


def test_a_run_names_the_result_that_it_saved(cli: Cli, registered: Path) -> None:
    cli("run", "flow_of_flows.yaml", *TEXTS)
    run_id = cli("runs").rows[0][0]
    children = json.loads(cli("--json", "runs", "show", run_id).out)["children"]
    shown = {child["flow_name"]: cli("runs", "show", child["id"]).fields for child in children}
    saved = cli("results", "find", "--columns", "unique_hash,flow_id").rows
    assert saved == [[shown["flow2"]["result"], shown["flow2"]["id"]]]
    assert "result" not in shown["flow1"]
    assert json.loads(cli("--json", "runs", "show", run_id).out)["result"] is None


def test_logs_name_their_task(cli: Cli, text_flows: Path) -> None:
    cli("run", "text_flows.py:flow1", "-p", "text1=a", "-p", "text2=b")
    code, out, err = cli("runs", "logs", cli("runs").rows[0][0])
    assert (code, err) == (0, "")
    sources = [line.split()[2].split("-")[0].rstrip(":") for line in out.splitlines()]
    assert sources == ["flow1", "save_text_file", "flow1"]


def test_logs_of_a_failed_run_have_the_traceback(cli: Cli, text_flows: Path) -> None:
    cli("run", "text_flows.py:fails")
    code, out, _ = cli("runs", "logs", cli("runs").rows[0][0])
    assert code == 0
    assert 'raise ValueError("boom")' in out


def test_as_many_runs_are_listed_as_asked(cli: Cli, text_flows: Path) -> None:
    for number in range(3):
        cli("run", "text_flows.py:add", "-p", f"a={number}")
    assert len(cli("runs").rows) == 3
    assert len(cli("runs", "--limit", 2).rows) == 2
