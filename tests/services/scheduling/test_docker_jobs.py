"""What containers get of their worker: files, results, secrets; what becomes of them without it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker_flows as flows
import httpx
import pytest

from lume_services import LUMEServicesSettings, config
from lume_services.errors import FlowFailedError
from lume_services.files import TextFile
from lume_services.flows import FlowOfFlows
from lume_services.results import Result
from lume_services.services.scheduling import service as scheduling
from lume_services.settings import MountedFilesystemSettings, ResultsDBSettings
from lume_services.settings_prefect import PrefectSettings
from servers import postgresql
from servers.docker import docker, job_environment
from servers.prefect import SCHEDULING, PrefectServer, working

SECONDS = 300
TOKEN = "t0ken-of-the-tests"
LABELS = ("own",)
DOOMED = ("doomed",)
COMPOSITION = """
name: two_images
project_name: images
labels: [own]
composing_flows:
  - name: writing
    project_name: images
  - name: reading
    project_name: images
    mapped_parameters:
      file_rep:
        parent_flow_name: writing
        parent_project_name: images
        parent_task_name: save_text_file
        map_type: file
"""


def derived(image: str, name: str) -> str:
    """Make an image of another, with a volume, as images of databases have."""
    tag = f"{image.partition(':')[0]}:{name}"
    subprocess.run(
        ["docker", "build", "--quiet", "--network", "host", "--tag", tag, "-"],
        input=f"FROM {image}\nLABEL name={name}\nVOLUME /scratch\n".encode(),
        capture_output=True,
        check=True,
    )
    return tag


def soon(look: Callable[[], Any]) -> Any:
    """Return what is seen as soon as it is something."""
    deadline = time.monotonic() + SECONDS
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen
    return seen


@dataclass(frozen=True)
class Own:
    """A worker with a mounted folder and secrets, and clients of the same settings."""

    settings: LUMEServicesSettings
    server: PrefectServer
    environment: dict[str, str]
    folder: Path
    image: str

    def start(self, label: str) -> Any:
        options = ("--label", label, "--name", label)
        return working(self.server, SCHEDULING, *options, backend="docker", **self.environment)


@pytest.fixture(scope="module")
def own(
    prefect_server: PrefectServer,
    image: str,
    postgresql: postgresql.PostgreSQL,
    tmp_path_factory: pytest.TempPathFactory,
) -> Own:
    folder = tmp_path_factory.mktemp("mounted") / "made" / "by-the-worker"
    postgresql.execute("CREATE DATABASE of_containers")
    url = postgresql.url("of_containers")
    headers = {"X-Token": TOKEN}
    return Own(
        LUMEServicesSettings(
            backend="docker",
            home=tmp_path_factory.mktemp("client"),
            prefect=PrefectSettings(api_url=prefect_server.url, headers=headers),
            results_db=ResultsDBSettings(url=url),
            mounted_filesystem=MountedFilesystemSettings(
                mount_path=folder, mount_alias="/mnt/lume", mount_type="DirectoryOrCreate"
            ),
        ),
        prefect_server,
        {
            **job_environment(image),
            "LUME_RESULTS_DB__URL": url,
            "LUME_PREFECT__HEADERS": json.dumps(headers),
            "LUME_MOUNTED_FILESYSTEM__MOUNT_PATH": str(folder),
            "LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS": "/mnt/lume",
            "LUME_MOUNTED_FILESYSTEM__MOUNT_TYPE": "DirectoryOrCreate",
        },
        folder,
        image,
    )


@pytest.fixture(scope="module")
def worker(own: Own) -> Iterator[None]:
    with own.start(*LABELS):
        yield


@pytest.fixture
def service(own: Own) -> scheduling.SchedulingService:
    return config.configure(own.settings).scheduling


def inspected(run_id: str) -> list[dict[str, Any]]:
    wanted = f"label=lume-services/run={run_id}"
    found = docker("ps", "--all", "--quiet", "--filter", wanted).stdout.split()
    return json.loads(docker("inspect", *found).stdout) if found else []


def test_flows_of_different_images_share_files_under_both_paths(
    own: Own, worker: None, service: scheduling.SchedulingService, tmp_path: Path
) -> None:
    images = {name: derived(own.image, name) for name in ("writing", "reading")}
    for flow in (flows.writing, flows.reading):
        service.register_flow(flow, "images", image=images[flow.name], labels=LABELS)
    file = tmp_path / "two.yaml"
    file.write_text(COMPOSITION)
    composed = FlowOfFlows.from_yaml(file)
    host_path = str(own.folder / "sub" / "a.txt")
    given = {
        "writing-text": "hello",
        "writing-filename": host_path,
        "reading-filename": "sub/a.txt",
    }
    assert composed.run_and_return(given) == {
        "writing": ["sub/a.txt", images["writing"]],
        "reading": ["hello", "hello", images["reading"]],
    }
    assert TextFile("/mnt/lume/sub/a.txt", "mounted").read() == "hello"
    assert (own.folder / "sub" / "a.txt").read_text() == "hello"


def test_results_are_in_the_database_and_secrets_nowhere(
    own: Own, worker: None, service: scheduling.SchedulingService
) -> None:
    run_id = service.run(flows.measuring, {"charge": 2.0}, labels=LABELS)
    held = service.run(flows.waiting, labels=LABELS)
    names = ["LUME_RESULTS_DB__URL", "LUME_PREFECT__HEADERS", "LUME_HOME"]
    seen_id = service.run(flows.surroundings, {"names": names}, labels=LABELS)
    soon(lambda: service.run_info(held).state_name == "Running")
    shown = json.dumps(inspected(held))
    service.cancel(held)
    for run in (run_id, seen_id):
        service.wait(run, SECONDS)
        service.require_completed(run)
    assert Result.load(service.get_result(run_id)).outputs == {"double": 4.0}
    seen = service.get_result(seen_id)
    assert seen["variables"]["LUME_RESULTS_DB__URL"] == own.settings.results_db_url
    assert json.loads(seen["variables"]["LUME_PREFECT__HEADERS"]) == {"X-Token": TOKEN}
    assert (seen["files"], seen["variables"]["LUME_HOME"]) == ([], str(own.server.home))
    assert service.wait(held, SECONDS).state_name == "Cancelled"
    kept = "".join(
        httpx.post(f"{own.server.url}/{kind}/filter", json={"limit": 200}).text
        for kind in ("deployments", "flow_runs", "work_pools", "logs", "flows")
    )
    logs = "".join(file.read_text() for file in own.server.home.glob("*.log"))
    assert "lume-services/run" in shown
    assert held in kept
    for place in (shown, kept, logs):
        for secret in (postgresql.PASSWORD, TOKEN):
            assert secret not in place


def test_a_worker_takes_over_what_a_killed_one_left(
    own: Own, service: scheduling.SchedulingService
) -> None:
    image = derived(own.image, "volume")
    with own.start(*DOOMED) as first:
        goes_on = service.run(flows.until, {"path": "/mnt/lume/go"}, labels=DOOMED, image=image)
        ends = service.run(flows.waiting, labels=DOOMED)
        for run_id in (goes_on, ends):
            soon(lambda run_id=run_id: service.run_info(run_id).state_name == "Running")
        first.kill()
    mounts = inspected(goes_on)[0]["Mounts"]
    volume = next(each["Name"] for each in mounts if each["Type"] == "volume")
    docker("kill", *[each["Id"] for each in inspected(ends)])
    with own.start(*DOOMED):
        assert service.wait(ends, SECONDS).state_name == "Crashed"
        (own.folder / "go").touch()
        assert service.wait(goes_on, SECONDS).state_name == "Completed"
        with pytest.raises(FlowFailedError, match="its container was killed"):
            service.require_completed(ends)
        soon(lambda: not inspected(goes_on) + inspected(ends))
    assert docker("volume", "inspect", volume).returncode == 1
