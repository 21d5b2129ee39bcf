"""The APIs that the cases run on."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from observing import Api, LocalEngineApi, ServerApi, ServiceApi, storing_in
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect_server import serving

from servers import required


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start one Prefect server for the session; without one, fail in CI and skip elsewhere.

    With LUME_TEST_PREFECT_API_URL the server there is used.
    """
    if given := os.environ.get("LUME_TEST_PREFECT_API_URL"):
        yield given
        return
    try:
        server = serving(tmp_path_factory.mktemp("prefect") / "home")
        url = server.__enter__()
    except (OSError, RuntimeError) as error:
        required("A Prefect server", f"try `prefect server start --host 127.0.0.1` ({error})")
    yield url
    # What Prefect still has to send is sent before the server ends.
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=10)
    server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def light_collections() -> Iterator[None]:
    """Leave what is there already out of the garbage collections: they would take 0.1 s each."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def api(request: pytest.FixtureRequest, tmp_path: Path, light_collections: None) -> Iterator[Api]:
    """The API that the test's parameter names."""
    name = request.param
    if name == "server":
        chosen: Api = ServerApi(request.getfixturevalue("server_url"))
    else:
        chosen = {"engine": LocalEngineApi, "service": ServiceApi}[name]()
    with storing_in(tmp_path / "storage"):
        yield chosen
    # What Prefect's clients leave open is noticed in the test that it belongs to.
    gc.collect()
