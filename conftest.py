"""Run the examples in README.md and docs/ as tests.

On a page, in order and in one directory and namespace: ``python`` blocks are executed, blocks whose
first line is ``# NAME.EXT`` are written to that file, and ``console`` blocks run their ``$`` lines
and compare the output, where ``...`` stands for anything. ``sh`` blocks are not run.
"""

from __future__ import annotations

import doctest
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

# A busy machine is no fault of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_configure() -> None:
    """Let the programs that tests start notice Ctrl-C, also where a shell runs us behind itself."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the tests of a file to one process, and those of a group, in whatever files."""
    from xdist.scheduler import LoadGroupScheduling

    class ByFileOrGroup(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return super()._split_scope(nodeid).partition("::")[0]

    return ByFileOrGroup(config, log)


_FILE_NAME = re.compile(r"# (?P<name>\w+\.(?:py|ya?ml|toml))\n")
_SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_run_python = PythonEvaluator()


@pytest.fixture(scope="module")
def page_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give each page an empty directory and a home of its own."""
    from lume_services import config

    directory = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("LUME_", "PREFECT_"))]:
            patch.delenv(name)
        patch.setenv("LUME_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        patch.setenv("COLUMNS", "100")
        patch.chdir(directory)
        patch.syspath_prepend(directory)
        config.reset()
        yield directory
        config.reset()


def _write_or_run(example: Example) -> None:
    named = _FILE_NAME.match(example.parsed)
    if named:
        Path(named["name"]).write_text(example.parsed, encoding="utf-8")
    elif example.region.lexemes["arguments"].strip() == "python":
        _run_python(example)


def _run_console(example: Example) -> None:
    for step in re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]:
        command, _, expected = step.partition("\n")
        done = subprocess.run(
            command,
            shell=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        same = doctest.OutputChecker().check_output(expected, done.stdout, _SAME)
        if not (same if expected.strip() else done.returncode == 0):
            pytest.fail(f"$ {command}\nexit code {done.returncode}, printed:\n{done.stdout}", False)


pytest_collect_file = Sybil(
    parsers=[
        *(CodeBlockParser(language, _write_or_run) for language in ("python", "yaml", "toml")),
        CodeBlockParser("console", _run_console),
    ],
    patterns=["README.md", "docs/*.md"],
    fixtures=["page_directory"],
).pytest()
