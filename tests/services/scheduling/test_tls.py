"""A server behind TLS of a private authority, and behind a proxy that asks for a header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import engine_flows as flows
import pytest

from lume_services.errors import InputError, SchedulingError
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.service import SchedulingService
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_prefect import PrefectSettings
from servers import tls
from servers.prefect import SCHEDULING, PrefectServer, working

TOKEN = "s3cr3t-of-the-site"


@pytest.fixture(scope="module")
def front(
    prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tls.Front]:
    port = urlsplit(prefect_server.url).port
    assert port is not None
    with tls.front(port, tmp_path_factory.mktemp("tls"), f"X-Site-Token: {TOKEN}") as made:
        yield made


def entering(front: tls.Front, home: Path, **prefect: Any) -> SchedulingService:
    options = PrefectSettings(api_url=front.url, **prefect)
    settings = LUMEServicesSettings(backend="process", home=home, prefect=options)
    return SchedulingService(ProcessBackend(settings))


def test_all_programs_enter(
    front: tls.Front, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    headers = {"X-Site-Token": TOKEN}
    service = entering(front, tmp_path, tls_certificate=front.certificate, headers=headers)
    front.refused.clear()
    behind = PrefectServer(tmp_path / "worker")
    behind.url = front.url
    options: dict[str, Any] = {
        "LUME_PREFECT__HEADERS": f'{{"X-Site-Token": "{TOKEN}"}}',
        "LUME_PREFECT__TLS_CERTIFICATE": str(front.certificate),
    }
    record = service.register_flow(flows.sync_flow, "tls", labels=["tls"])
    with working(behind, SCHEDULING, "--warm", "2", "--label", "tls", **options):
        assert service.run_and_return(record, {"x": 1}, timeout=300) == 2
    service.close()
    assert front.refused == set()
    assert {"/api/events/out", "/api/events/in"} <= front.entered
    assert TOKEN not in (behind.home / "worker.log").read_text()


def test_a_stranger_does_not_enter(front: tls.Front, tmp_path: Path) -> None:
    service = entering(front, tmp_path, tls_certificate=front.certificate)
    with pytest.raises(InputError, match=rf"the Prefect server at {front.url} refuses"):
        service.runs()
    service.close()


def test_an_unknown_authority_is_not_trusted(front: tls.Front, tmp_path: Path) -> None:
    service = entering(front, tmp_path, headers={"X-Site-Token": TOKEN})
    message = r"certificate verify failed.*; set LUME_PREFECT__TLS_CERTIFICATE to"
    with pytest.raises(SchedulingError, match=message) as error:
        service.runs()
    assert TOKEN not in str(error.value)
    service.close()
