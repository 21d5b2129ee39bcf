"""Flows by entrypoint."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prefect import flow

from lume_services.errors import FlowNotFoundError
from lume_services.services.scheduling import entrypoints

MODULE = """
from prefect import flow

@flow
def double(x: float) -> float:
    return 2 * x

number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "entry_flows.py"
    path.write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "entry_flows", raising=False)
    return path


def test_a_module_and_a_file_give_the_flow_and_its_entrypoint(module: Path) -> None:
    by_name = entrypoints.load("entry_flows:double")
    assert entrypoints.of(by_name) == "entry_flows:double"
    by_file = entrypoints.load(f"{module}:double")
    assert entrypoints.of(by_file) == f"{module}:double"
    assert entrypoints.load(f"{module}:double") is by_file


def test_a_script_gives_its_file(module: Path) -> None:
    with module.open("a") as script:
        script.write(
            "from lume_services.services.scheduling import entrypoints\n"
            "print(entrypoints.of(double))\n"
        )
    done = subprocess.run([sys.executable, module], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{module}:double"


@pytest.mark.parametrize(
    ("entrypoint", "message"),
    [
        ("entry_flows", r"'entry_flows' is no entrypoint; expected 'package.module:flow'"),
        ("entry_flows:doble", r"no attribute 'doble'; did you mean 'double'\?"),
        ("entry_flows:number", r"'number' in 'entry_flows' is of type int, not a flow; there are"),
        ("no_such_module:f", r"importing 'no_such_module' failed with ModuleNotFoundError"),
        ("missing.py:f", r"there is no file 'missing.py'"),
    ],
)
def test_what_is_no_flow_is_refused(module: Path, entrypoint: str, message: str) -> None:
    with pytest.raises(FlowNotFoundError, match=message):
        entrypoints.load(entrypoint)


@pytest.mark.parametrize(
    ("text", "message"),
    [("def f(:", "SyntaxError"), ("1 / 0", "ZeroDivisionError"), ("exit(3)", "SystemExit")],
)
def test_a_module_that_does_not_import_is_named_with_its_error(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(FlowNotFoundError, match=message):
        entrypoints.load(f"{tmp_path / 'broken.py'}:f")


def test_threads_never_see_a_module_half_executed(tmp_path: Path) -> None:
    path = tmp_path / "slow_import.py"
    path.write_text("import time; time.sleep(0.3)\n" + MODULE)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(entrypoints.load, [f"{path}:double"] * 4))
    assert {flow.name for flow in found} == {"double"}


def test_a_flow_inside_a_function_cannot_be_registered() -> None:
    @flow
    def inner() -> None: ...

    with pytest.raises(FlowNotFoundError, match=r"'inner' .* is not an attribute of a module"):
        entrypoints.of(inner)
