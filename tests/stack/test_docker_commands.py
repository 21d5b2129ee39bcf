"""The commands ``lume-services docker`` without an engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from lume_services.cli.main import main
from lume_services.errors import ContainerError
from lume_services.services.stack import compose
from lume_services.services.stack.contents import packaged


def test_the_compose_file_is_written_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docker", "compose-file"]) == 0
    assert capsys.readouterr().out == packaged()
    assert main(["--json", "docker", "compose-file"]) == 0
    assert json.loads(capsys.readouterr().out) == yaml.safe_load(packaged())


def test_a_folder_for_use_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "stack"
    assert main(["--json", "docker", "compose-file", "--folder", str(place)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "server": "http://127.0.0.1:4200",
        "results": "postgresql://127.0.0.1:5432/results",
        "environment": {"LUME_CONFIG_FILE": str(place / "client.toml")},
    }
    assert {path.name for path in place.iterdir()} == {
        *(".env", "client.toml", "compose.yaml", "credentials.json"),
        *("server.toml", "superuser", "worker.toml"),
    }


@pytest.mark.parametrize("command", ["status", "stop-services"])
def test_services_that_were_not_started(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docker", command, "--project-name", "ring"]) == 2
    assert capsys.readouterr().err == (
        "error: there are no services 'ring'; start them with lume-services docker start-services "
        "--project-name ring\n"
    )


def test_a_compose_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docker", "start-services", "--compose-file", "none.yaml"]) == 2
    assert "none.yaml cannot be read: " in capsys.readouterr().err


def test_compose_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ContainerError, match="Compose is not installed; install Docker's plug-in"):
        compose.program()


def test_the_second_version_of_compose_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, code in (("docker", 0), ("docker-compose", 0)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compose.program() == [str(tmp_path / "docker"), "compose"]
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    assert compose.program() == [str(tmp_path / "docker-compose")]


def test_compose_runs_with_what_the_folder_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "docker-compose"
    program.write_text('#!/bin/sh\nenv >"$1"; pwd >>"$1"; exit ${2:-0}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("COMPOSE_FILE", "other.yaml")
    monkeypatch.setenv("STACK_IMAGE", "other")
    compose.run(tmp_path, "said")
    said = (tmp_path / "said").read_text()
    assert said.endswith(f"{tmp_path}\n")
    assert "other" not in said
    with pytest.raises(ContainerError, match=r"`docker compose said 3` in .* failed, for the"):
        compose.run(tmp_path, "said", "3")
