"""The commands on the page about Docker are those that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from lume_services.cli.main import app
from lume_services.image import conda, engine, extras, pip, start, wishes

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "docker.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "prefect-agent-docker" / "Dockerfile").read_text(encoding="utf-8")


def commands(program: str) -> list[list[str]]:
    """Return the commands of a program in the page's blocks for a shell."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    words = [shlex.split(line) for line in lines]
    return [each for each in words if each[: len(program.split())] == program.split()]


def test_the_image_is_built_as_the_page_says() -> None:
    builds = commands("docker build")
    assert len(builds) == 2
    declared = set(re.findall(r"^ARG (\w+)", DOCKERFILE, flags=re.MULTILINE))
    described = set(re.findall(r"^\| `([A-Z_]+)` \| .*\|.*\|$", PAGE, flags=re.MULTILINE))
    assert described >= declared
    for build in builds:
        given = {word.split("=")[0] for word in build if re.match(r"[A-Z_]+=", word)}
        assert given <= declared
        target = build[build.index("--target") + 1]
        assert f" AS {target}\n" in DOCKERFILE
        assert (ROOT / build[build.index("-f") + 1]).is_file()


def test_the_commands_of_the_stack_are_ours() -> None:
    found = commands("lume-services docker")
    assert len(found) == 5
    for command in found:
        app.parse_args(command[1:], exit_on_error=False, print_error=False)


def test_the_exit_codes_are_ours() -> None:
    listed = re.findall(r"^\| ([\d, ]+) \|", PAGE, flags=re.MULTILINE)
    codes = [int(code) for each in listed for code in each.split(",")]
    assert codes == [
        *(wishes.NOT_UNDERSTOOD, pip.FAILED, conda.FAILED),
        *(engine.CANNOT_BE_USED, extras.NO_PLACE, start.NOT_EXECUTABLE, start.NOT_FOUND),
    ]


def test_the_variables_are_ours() -> None:
    described = re.findall(r"^\| `(EXTRA_\w+)`", PAGE, flags=re.MULTILINE)
    assert described == [wishes.PIP, wishes.CONDA, wishes.CHANNELS, extras.PLACE]
