"""Settings and checks on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_calling import Cli


def test_every_setting_is_shown_with_its_source(
    cli: Cli, lume_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("lume.toml").write_text("[scheduling]\nmax_concurrent_flows = 7\n")
    code, _, err = cli("config", "show")
    assert (code, err) == (0, "")
    rows = {row[0]: row[1:] for row in cli("config", "show").rows}
    assert rows["backend"] == ["local", "default"]
    assert rows["home"] == [str(lume_home), "environment variable LUME_HOME"]
    value, source = rows["scheduling.max_concurrent_flows"]
    assert value == "7"
    assert "lume.toml" in source
    assert rows["mounted_filesystem"] == ["-", "default"]
    assert list(lume_home.iterdir()) == []


def test_passwords_are_not_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__URL", "sqlite://user:secret@/file.sqlite")
    shown = cli("config", "show")
    assert "secret" not in shown.out + shown.err


def test_working_services_pass_the_check(cli: Cli, lume_home: Path) -> None:
    code, _, err = cli("config", "check")
    assert (code, err) == (0, "")
    assert [row[:2] for row in cli("config", "check").rows] == [
        ["results_db", "ok"],
        ["values", "ok"],
        ["scheduling", "ok"],
        ["files local", "ok"],
    ]


def test_a_service_that_fails_gives_1(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results.sqlite").write_text("this is no database" * 100)
    monkeypatch.setenv("LUME_RESULTS_DB__URL", f"sqlite:///{tmp_path}/results.sqlite")
    checked = cli("config", "check")
    assert (checked.code, checked.err) == (1, "")
    assert checked.rows[0][:2] == ["results_db", "failed"]
    assert "not a database" in checked.rows[0][2]
