"""Makes this folder's flow modules importable by name; gives the backends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import engine_flows
import pytest

from lume_services import config
from lume_services.services.scheduling.service import SchedulingService
from lume_services.settings import LUMEServicesSettings
from servers.backends import SAMPLE, Backend, chosen


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of the contract on each backend, all tests of one before those of the next."""
    if "backend" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker(SAMPLE.name) is not None
        metafunc.parametrize("backend", chosen(sample=marked), ids=str, scope="session")


@pytest.fixture
def service(
    backend: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[SchedulingService]:
    """Each backend in turn; a server's history has the runs of other tests too."""
    engine_flows.attempts.clear()
    engine_flows.hooks.clear()
    if backend.worker is None:
        settings = LUMEServicesSettings(home=tmp_path)
    else:
        settings = request.getfixturevalue(backend.worker).settings(tmp_path)
    # Flows of the local backend find it as those of workers find theirs.
    with config.use(settings) as services:
        yield services.scheduling
