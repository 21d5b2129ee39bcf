"""The files of a stack: what is secret is in none that Docker shows, and stays the same."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from stack_files import on_host_network

from lume_services.errors import ContainerError, InputError
from lume_services.services.stack.contents import packaged
from lume_services.services.stack.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.of("linac", tmp_path)


def _settings(folder: Folder, name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((folder.path / name).read_text())


def test_services_find_one_another_by_their_names(folder: Folder) -> None:
    folder.write({"STACK_SERVER_PORT": "14200"})
    server, worker = _settings(folder, "server.toml"), _settings(folder, "worker.toml")
    client = _settings(folder, "client.toml")
    assert server["prefect"]["api_url"] == "http://0.0.0.0:14200/api"
    assert worker["prefect"]["api_url"] == "http://server:14200/api"
    assert client["prefect"]["api_url"] == "http://127.0.0.1:14200/api"
    assert urlsplit(server["prefect"]["database_url"]).hostname == "database"
    results = urlsplit(worker["results_db"]["url"])
    assert (results.scheme, results.hostname, results.path) == (
        "postgresql",
        "database",
        "/results",
    )
    assert (
        results._replace(netloc=results.netloc.replace("database", "127.0.0.1")).geturl()
        == (client["results_db"]["url"])
    )
    assert worker["docker"]["network_mode"] == "linac_default"
    secrets = {each["prefect"]["auth_string"] for each in (server, worker, client)}
    assert len(secrets) == 1


def test_services_on_the_hosts_network_find_one_another_on_loopback(folder: Folder) -> None:
    folder.write({}, results="mongodb", compose=on_host_network())
    server, worker = _settings(folder, "server.toml"), _settings(folder, "worker.toml")
    assert server["prefect"]["api_url"] == worker["prefect"]["api_url"]
    assert worker["prefect"]["api_url"] == "http://127.0.0.1:4200/api"
    assert worker["docker"]["network_mode"] == "host"
    assert urlsplit(worker["results_db"]["url"]).port == 27017
    assert folder.values()["COMPOSE_PROFILES"] == "mongodb"


def test_credentials_are_made_once_and_only_for_their_owner(folder: Folder) -> None:
    folder.write({}, persist=True)
    made = json.loads((folder.path / "credentials.json").read_text())
    assert len(set(made.values())) == 4
    assert min(map(len, made.values())) >= 32
    folder.write({}, results="mongodb")
    assert json.loads((folder.path / "credentials.json").read_text()) == made
    # What was to be kept once is kept until it is removed by hand.
    assert folder.keeps_data
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert folder.path.stat().st_mode & 0o777 == 0o700
    shown = (folder.path / ".env").read_text() + (folder.path / "compose.yaml").read_text()
    assert not [secret for secret in made.values() if secret in shown]
    other = Folder.of("ring", folder.path.parent.parent)
    other.write({})
    assert json.loads((other.path / "credentials.json").read_text()) != made


def test_the_packaged_file_publishes_on_loopback_and_pins_images() -> None:
    services = yaml.safe_load(packaged())["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)
    images = {name: services[name]["image"] for name in ("database", "mongodb")}
    assert images == {
        "database": "${STACK_POSTGRESQL_IMAGE:-postgres:17.5-bookworm}",
        "mongodb": "${STACK_MONGODB_IMAGE:-mongo:8.0.6}",
    }
    assert {service["restart"] for service in services.values()} == {"unless-stopped", "no"}
    assert all("healthcheck" in service for service in services.values())


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", ""])
def test_a_port_that_is_none(folder: Folder, port: str) -> None:
    with pytest.raises(InputError, match=r"STACK_POSTGRESQL_PORT is .* expected a port, for ex"):
        folder.write({"STACK_POSTGRESQL_PORT": port})
    assert not folder.path.exists()


@pytest.mark.parametrize("name", ["", "Linac", "-x", "a b", "a/b", "../x"])
def test_a_project_name_that_docker_does_not_take(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no name of a project; give one of small letters"):
        Folder.of(name, tmp_path)


@pytest.mark.parametrize("text", ["services: {}", "[", "- a", "x"])
def test_a_compose_file_without_the_services(folder: Folder, text: str) -> None:
    with pytest.raises(InputError, match="has no service 'server'; begin with a copy of"):
        folder.write({}, compose=text)
    assert not (folder.path / ".env").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "stacks").touch()
    with pytest.raises(ContainerError, match="cannot be written: Not a directory; give another"):
        Folder.of("linac", tmp_path).write(os.environ)
