"""The command line, called in process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import prefect.main  # noqa: F401  # its log handler must not hold a stream that one test captures
import pytest
from cli_calling import SPECIFICATION, TEXT_FLOWS, Cli, Outcome

from lume_services.cli.main import main


@pytest.fixture
def cli(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Cli]:
    """Call the command line and return its exit code and what it wrote."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    yield call
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def text_flows(tmp_path: Path) -> Path:
    """Write the flows of ``TEXT_FLOWS`` to ``text_flows.py`` and the file that composes them."""
    (tmp_path / "flow_of_flows.yaml").write_text(SPECIFICATION)
    file = tmp_path / "text_flows.py"
    file.write_text(TEXT_FLOWS)
    return file


@pytest.fixture
def registered(cli: Cli, text_flows: Path) -> Path:
    """Register the three text flows with the project ``test``; return the YAML file."""
    for name in ("flow1", "flow2", "flow3"):
        assert cli("register", f"text_flows.py:{name}", "--project", "test").code == 0
    return text_flows.with_name("flow_of_flows.yaml")
