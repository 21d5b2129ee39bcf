"""The command line as a whole: help, exit codes, errors."""

from __future__ import annotations

import pytest
from cli_calling import Cli

import lume_services

COMMANDS = ["register", "flows", "validate", "run", "runs", "results", "config", "version"]


def test_help_names_every_command(cli: Cli) -> None:
    code, out, err = cli("--help")
    assert (code, err) == (0, "")
    assert [name for name in COMMANDS if name not in out] == []


def test_no_arguments_give_help(cli: Cli) -> None:
    assert cli() == cli("--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(cli: Cli, command: str) -> None:
    code, out, err = cli(command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: lume-services {command}")
    assert "--debug" in out


def test_version(cli: Cli) -> None:
    code, out, _ = cli("version")
    assert code == 0
    assert out.splitlines()[0] == f"lume-services {lume_services.__version__}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["regster"], "Unknown command regster. Did you mean register?"),
        (["--nope"], "Unknown command --nope"),
        (["version", "--nope"], "Unknown option: --nope"),
        (["version", "extra"], "Unused Tokens: ['extra']."),
        (["runs", "--limit", "many"], "unable to convert many into int"),
        (["runs", "shwo"], "Unused Tokens: ['shwo']."),
        (["runs", "show"], "Command runs show parameter ID requires an argument."),
        (["run"], "Command run parameter TARGET requires an argument."),
        (["register", "m:f"], "'m:f' is to be registered with which project? Give --project NAME."),
    ],
)
def test_a_wrong_command_line_is_bad_input(cli: Cli, arguments: list[str], message: str) -> None:
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err.replace('"', "")


def test_debug_shows_the_traceback(cli: Cli) -> None:
    code, _, err = cli("run", "missing.yaml", "--debug")
    assert code == 2
    assert err.startswith("Traceback (most recent call last):")
    assert err.splitlines()[-1] == "error: missing.yaml: there is no such file; check the path."


def test_colour_is_not_written_where_it_is_not_wanted(cli: Cli) -> None:
    assert "\x1b" not in cli("--help").out
