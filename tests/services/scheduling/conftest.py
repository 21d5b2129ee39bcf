"""Makes this folder's flow modules importable by name; gives the backends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import engine_flows
import pytest

from lume_services.services.scheduling.backends.local import LocalBackend
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import PrefectServer


@pytest.fixture(params=["local", "process"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SchedulingService]:
    """Each backend in turn; a server's history has the runs of other tests too."""
    engine_flows.attempts.clear()
    engine_flows.hooks.clear()
    if request.param == "local":
        service = SchedulingService(LocalBackend(tmp_path))
    else:
        server: PrefectServer = request.getfixturevalue("prefect_worker")
        service = SchedulingService(ProcessBackend(server.settings(tmp_path)))
    yield service
    service.close()
