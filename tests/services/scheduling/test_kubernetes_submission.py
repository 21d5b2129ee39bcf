"""What of its settings a client sends with a run of the Kubernetes backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import engine_flows as flows
import httpx
import pytest

from lume_services.services.scheduling.backends.kubernetes import KubernetesBackend
from lume_services.services.scheduling.service import SchedulingService
from lume_services.settings import LUMEServicesSettings
from servers.prefect import PrefectServer

ITS_OWN = {"spec": {"template": {"spec": {"hostNetwork": False}}}}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text("spec: {template: {spec: {hostNetwork: true}}}\n")
    return path


@pytest.mark.parametrize(
    ("option", "host_network"), [({}, True), ({"job_template": ITS_OWN}, False)]
)
def test_the_template_in_the_settings_goes_with_a_run_that_has_none(
    prefect_server: PrefectServer,
    tmp_path: Path,
    template: Path,
    option: dict[str, Any],
    host_network: bool,
) -> None:
    settings = LUMEServicesSettings(
        backend="kubernetes",
        home=tmp_path,
        prefect={"api_url": prefect_server.url},
        kubernetes={"job_template_path": template, "image": "flows:1"},
    )
    service = SchedulingService(KubernetesBackend(settings))
    run_id = service.run(flows.sync_flow, {"x": 1}, labels=["nobody"], **option)
    sent = httpx.get(f"{prefect_server.url}/flow_runs/{run_id}").json()["job_variables"]
    assert sent["job_template"]["spec"]["template"]["spec"]["hostNetwork"] is host_network
    assert sent["image"] == "flows:1"
    service.cancel(run_id)
    service.close()
