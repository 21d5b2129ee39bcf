"""The APIs and the workers that the cases run on."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from cases import Case, Seen, notes
from observing import Api, LocalEngineApi, ServerApi, ServiceApi, WorkersApi, storing_in
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

from lume_services import config
from lume_services.services.scheduling import service as scheduling
from servers.backends import Backend
from servers.prefect import PrefectServer

RUNS_AT_ONCE = 4


@pytest.fixture(scope="session")
def server_url(prefect_server: PrefectServer) -> Iterator[str]:
    """Return the address of a server; what Prefect still has to send is sent before it ends."""
    yield prefect_server.url
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=10)


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
        service = config.current().scheduling
        chosen = {"engine": LocalEngineApi, "service": ServiceApi}[name](service)
    notes.clear()
    with storing_in(tmp_path / "storage"):
        yield chosen
    # What Prefect's clients leave open is noticed in the test that it belongs to.
    gc.collect()


@pytest.fixture(scope="session")
def observed(
    shared: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[Backend], dict[Case, Future[Seen]]]]:
    """What is seen of each case on a backend; many runs are under way at the same time."""
    with ExitStack() as stack:

        @functools.cache
        def observe(backend: Backend) -> dict[Case, Future[Seen]]:
            assert backend.worker is not None
            settings = request.getfixturevalue(backend.worker).settings(shared / f"home-{backend}")
            service = stack.enter_context(closing(scheduling.build(settings)))
            pool = ThreadPoolExecutor(RUNS_AT_ONCE)
            stack.callback(pool.shutdown, cancel_futures=True)
            futures = {}
            for number, case in enumerate(_cases(request.session, backend)):
                folder = shared / f"{backend}-{number}"
                folder.mkdir()
                futures[case] = pool.submit(WorkersApi(service, folder).observe, case)
            return futures

        yield observe


def _cases(session: pytest.Session, backend: Backend) -> list[Case]:
    return [
        item.callspec.params["case"]
        for item in session.items
        if isinstance(item, pytest.Function)
        and "observed" in item.fixturenames
        and item.callspec.params["backend"] is backend
    ]
