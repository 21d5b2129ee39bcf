"""Every test gets a throw-away home, a clean environment and no services left over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lume_services import config
from servers.backends import shared
from servers.docker import docker_worker, image
from servers.kubernetes import kubernetes_server, kubernetes_worker, namespace
from servers.mongodb import mongodb, mongodb_url
from servers.postgresql import postgresql, postgresql_url
from servers.prefect import prefect_server, prefect_worker

__all__ = [
    "docker_worker",
    "image",
    "kubernetes_server",
    "kubernetes_worker",
    "mongodb",
    "mongodb_url",
    "namespace",
    "postgresql",
    "postgresql_url",
    "prefect_server",
    "prefect_worker",
    "shared",
]


_SHARED = {
    name: {f"{name}_server", f"{name}_worker"} for name in ("kubernetes", "docker", "prefect")
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all tests that share a server; mark those that need containers."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        needed = {*getattr(item, "fixturenames", ())}
        needed.add(getattr(parameters.get("backend"), "worker", None))
        needed.add("prefect_server" if parameters.get("api") == "server" else None)
        if not needed.isdisjoint(
            ("image", "docker_worker", "kubernetes_server", "kubernetes_worker")
        ):
            item.add_marker(pytest.mark.containers)
        group = next((name for name, fixtures in _SHARED.items() if needed & fixtures), None)
        if group := group or parameters.get("api"):
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def lume_home(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Run the test in ``tmp_path`` with LUME_HOME elsewhere, so that ``tmp_path`` starts empty."""
    for name in list(os.environ):
        if name.startswith(("LUME_", "PREFECT_")) and not name.startswith("LUME_TEST_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LUME_HOME", str(home))
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    monkeypatch.chdir(tmp_path)
    yield home
    config.reset()
