"""The command line, called in process."""

from __future__ import annotations

import sys

import pytest
from cli_calling import Cli, Outcome

from lume_services.cli.main import main


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setattr(sys, "path", [*sys.path])

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call
