"""Bad input: each gives exit code 2, nothing on standard output and a message that helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_calling import Cli

from lume_services import config


def refused(cli: Cli, *arguments: object) -> str:
    """Call the command line, check that the input is refused, and return the message."""
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line for line in lines if not line.startswith("error: ")] == []
    return "\n".join(line.removeprefix("error: ") for line in lines)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-p", "x"], "-p 'x' is not of the form name=value."),
        (["-p", "=1"], "-p '=1' is not of the form name=value."),
        (["-p", "a=1", "-p", "a=2"], "-p a is given twice; give each parameter once."),
        (["-p"], "requires an argument."),
        (["--params", "nope.json"], "'nope.json' cannot be read: No such file or directory."),
        (["--params", "list.yaml"], "'list.yaml' holds a list; give a mapping"),
        (["--params", "bad.json"], "'bad.json' is malformed: "),
        (["-p", "c=1"], "unknown parameter 'c'"),
        ([], "missing required parameter 'a'"),
        (["-p", "a=text"], "parameter 'a' is 'text', expected integer"),
    ],
)
def test_parameters(cli: Cli, text_flows: Path, options: list[str], message: str) -> None:
    Path("list.yaml").write_text("- 1\n")
    Path("bad.json").write_text("{")
    assert message in refused(cli, "run", "text_flows.py:add", *options)
    assert config.current().scheduling.runs() == []


def test_parameters_of_a_flow_of_flows(cli: Cli, registered: Path) -> None:
    message = refused(cli, "run", "flow_of_flows.yaml", "-p", "flow1-text=hello")
    assert "unknown parameter 'flow1-text', did you mean" in message
    assert "missing required parameters 'flow1-text1', 'flow1-text2', 'flow3-text2'" in message
    assert config.current().scheduling.runs() == []


def test_a_project_for_a_file_that_names_its_own(cli: Cli, registered: Path) -> None:
    message = refused(cli, "run", "flow_of_flows.yaml", "--project", "other")
    assert message.startswith("--project 'other' is given, but 'flow_of_flows.yaml' names")
    assert config.current().scheduling.runs() == []


@pytest.mark.parametrize("command", ["run", "register"])
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nope.py:f", "there is no file 'nope.py'"),
        ("nope:f", "failed with ModuleNotFoundError: No module named 'nope'"),
        ("imports_nothing:f", "failed with ModuleNotFoundError: No module named 'not_there'"),
        ("syntax.py:f", "failed with SyntaxError: invalid syntax (syntax.py, line 1)"),
        ("raises.py:f", "failed with RuntimeError: no licence"),
        ("exits.py:f", "failed with SystemExit: 3"),
        ("text_flows.py:flow4", "'text_flows.py' has no attribute 'flow4'; did you mean"),
        ("text_flows.py:not_a_flow", "'not_a_flow' in 'text_flows.py' is of type int, not a flow"),
        (":f", "':f' is no entrypoint; expected 'package.module:flow' or 'file.py:flow'"),
        ("text_flows:", "'text_flows:' is no entrypoint"),
    ],
)
def test_flows_that_cannot_be_loaded(
    cli: Cli, text_flows: Path, command: str, target: str, message: str
) -> None:
    Path("imports_nothing.py").write_text("import not_there\n")
    Path("syntax.py").write_text("def (\n")
    Path("raises.py").write_text("raise RuntimeError('no licence')\n")
    Path("exits.py").write_text("raise SystemExit(3)\n")
    assert message in refused(cli, command, target, "--project", "test")
    assert config.current().scheduling.records() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["flow11", "--project", "test"],
            "no flow 'flow11' in project 'test'; did you mean 'flow1'",
        ),
        (["flow1"], "no flow 'flow1' in project 'default'; "),
        (["flow1"], "it is registered with project 'test': give that one."),
        (["flow1", "--project", "tset"], "no flow 'flow1' in project 'tset'; "),
        (["text_flows.py"], "'text_flows.py' is neither a flow nor a YAML file; give MODULE:FLOW"),
    ],
)
def test_flows_that_are_not_there(
    cli: Cli, registered: Path, arguments: list[str], message: str
) -> None:
    assert message in refused(cli, "run", *arguments)


def test_registering_a_name(cli: Cli) -> None:
    assert "'flow1' is no entrypoint" in refused(cli, "register", "flow1", "--project", "test")


def test_a_project_without_a_name(cli: Cli, text_flows: Path) -> None:
    message = refused(cli, "register", "text_flows.py:add", "--project", "")
    assert message == "'' is no project name; give one that is not empty and has none of % & / < >"


def test_a_flow_of_flows_takes_no_options_of_a_flow(cli: Cli, registered: Path) -> None:
    message = refused(cli, "register", str(registered), "--project", "test", "--label", "gpu")
    assert "--project, --label: " in message
    assert "names its project itself" in message
    assert cli("register", str(registered)).code == 0
    assert "flow_of_flows" in cli("flows", "--project", "test").out


@pytest.mark.parametrize("command", ["run", "validate"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "spec.yaml: there is no such file"),
        (b"", "spec.yaml:1:1: nothing is in it"),
        (b"x: [", "spec.yaml:2:1: this is not YAML"),
        (b"\xff\xfe", "spec.yaml: byte 0 is not UTF-8"),
        (b"name: a\nproject_name: b\n", "key 'composing_flows' is missing"),
    ],
)
def test_specifications(cli: Cli, command: str, content: bytes | None, message: str) -> None:
    if content is not None:
        Path("spec.yaml").write_bytes(content)
    assert message in refused(cli, command, "spec.yaml")


def test_every_problem_of_a_specification_has_its_line(cli: Cli, registered: Path) -> None:
    faulty = registered.read_text().replace("save_text_file", "save_text").replace("text1:", "txt:")
    Path("faulty.yaml").write_text(faulty)
    lines = refused(cli, "validate", "faulty.yaml").splitlines()
    assert [line.split(": ")[0] for line in lines] == ["faulty.yaml:12:27", "faulty.yaml:17:7"]
    assert "did you mean 'save_text_file'" in lines[0]
    assert "'txt'" in lines[1]


def test_a_directory_is_no_specification(cli: Cli) -> None:
    Path("spec.yaml").mkdir()
    assert "the file cannot be read (Is a directory)" in refused(cli, "validate", "spec.yaml")


@pytest.mark.parametrize(
    "command", [("runs",), ("flows",), ("config", "show"), ("config", "check")]
)
def test_faulty_settings(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LUME_BACKEND", "nope")
    known = "docker, kubernetes, local, process"
    assert f"LUME_BACKEND is 'nope': must be one of {known}" in refused(cli, *command)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("backend = ", "lume.toml"),
        ("bakend = 'local'\n", "bakend is not a setting"),
        ("backend = 3\n", "backend"),
    ],
)
def test_a_faulty_settings_file(cli: Cli, content: str, message: str) -> None:
    Path("lume.toml").write_text(content)
    shown = refused(cli, "config", "show")
    assert "lume.toml" in shown
    assert message in shown


@pytest.mark.parametrize("command", ["show", "logs"])
def test_unknown_runs(cli: Cli, command: str) -> None:
    assert "there is no run 'nope'" in refused(cli, "runs", command, "nope")


@pytest.mark.parametrize("command", [("runs",), ("results", "show")])
@pytest.mark.parametrize("limit", [0, -1])
def test_limits(cli: Cli, command: tuple[str, ...], limit: int) -> None:
    message = refused(cli, *command, "--limit", limit).replace('"', "")
    assert f"Invalid value {limit} for --limit. Must be >= 1" in message
