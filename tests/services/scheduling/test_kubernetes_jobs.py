"""What Jobs get of their worker, and how they are found: images, files, secrets, labels."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import kubernetes_flows as flows
import pytest
import yaml

from lume_services import LUMEServicesSettings, config
from lume_services.cli.main import main
from lume_services.flows import FlowOfFlows
from lume_services.services.scheduling.service import SchedulingService
from servers import RUN_SECONDS, until
from servers.docker import docker
from servers.kubernetes import KubernetesServer

NOBODY = "00000000-0000-0000-0000-000000000000"
HEADERS = json.dumps({"X-Token": "t0ken-of-the-tests"})
LABELS = ("mounted",)
COMPOSITION = """
name: three_images
project_name: images
labels: [mounted]
composing_flows:
  - name: writing
    project_name: images
  - name: doubling
    project_name: images
    mapped_parameters:
      file_rep:
        parent_flow_name: writing
        parent_project_name: images
        parent_task_name: save_text_file
        map_type: file
  - name: reading
    project_name: images
    mapped_parameters:
      file_rep:
        parent_flow_name: doubling
        parent_project_name: images
        parent_task_name: save_text_file
        map_type: file
"""


@dataclass(frozen=True)
class Own:
    """A worker with a mounted folder and a secret, and what runs there."""

    server: KubernetesServer
    variables: dict[str, str]
    service: SchedulingService
    images: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def own(kubernetes_server: KubernetesServer, tmp_path_factory: Any) -> Iterator[Own]:
    folder: Path = tmp_path_factory.mktemp("mounted")
    variables = {
        **kubernetes_server.variables(),
        "LUME_BACKEND": "kubernetes",
        "LUME_KUBERNETES__SECRET_NAME": "keys",
        "LUME_PREFECT__API_URL": kubernetes_server.server.url,
        "LUME_PREFECT__HEADERS": HEADERS,
        "LUME_MOUNTED_FILESYSTEM__MOUNT_PATH": str(folder),
        "LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS": "/mnt/lume",
    }
    secret = f"--from-literal=LUME_PREFECT__HEADERS={HEADERS}"
    kubernetes_server.namespace.kubectl("create", "secret", "generic", "keys", secret)
    images = {
        name: f"{kubernetes_server.image}-{name}" for name in ("writing", "doubling", "reading")
    }
    for image in images.values():
        assert docker("tag", kubernetes_server.image, image).returncode == 0
    with pytest.MonkeyPatch.context() as patch:
        for name, text in variables.items():
            patch.setenv(name, text)
        settings = LUMEServicesSettings(home=tmp_path_factory.mktemp("client"))
    with (
        kubernetes_server.working("--label", *LABELS, "--name", "lion", **variables),
        config.use(settings) as services,
    ):
        yield Own(kubernetes_server, variables, services.scheduling, images, folder)
    docker("rmi", *images.values())


@pytest.fixture(scope="module")
def runs(own: Own) -> tuple[str, str]:
    """Start a run of three images, and one with an odd name; they go on at the same time."""
    for flow in (flows.writing, flows.doubling, flows.reading):
        image = own.images[flow.name]
        own.service.register_flow(flow, "images", image=image, labels=LABELS)
    parameters = {"folder": str(own.server.shared / "odd")}
    options = {"labels": LABELS, "run_name": "lion", "queue_name": "beam"}
    odd = own.service.run(flows.oddly_named, parameters, **options)
    composed = FlowOfFlows.from_yaml(yaml.safe_load(COMPOSITION))
    return composed.run({"writing-text": "hi"}), odd


def shown(own: Own) -> list[dict[str, Any]]:
    """Return the Job that finds the run with the odd name by what is known of it."""
    user = getpass.getuser()
    selector = f"kueue.x-k8s.io/queue-name=beam,lume-services/owner={user}"
    return own.server.namespace.items("jobs", f"--selector={selector}")


def test_a_job_is_found_by_its_labels_whatever_its_flow_is_called(
    own: Own, runs: tuple[str, str]
) -> None:
    (job,) = until(lambda: shown(own))
    metadata = job["metadata"]
    assert re.fullmatch(rf"strahllange-mm-x-1-{runs[1][:8]}-[0-9a-f]{{6}}", metadata["name"])
    assert metadata["labels"]["lume-services/flow"] == "Strahllange-mm-x-1"
    assert metadata["annotations"]["lume-services/flow"] == flows.oddly_named.name
    (pod,) = until(lambda: own.server.namespace.of_run("pods", runs[1]))
    assert pod["metadata"]["annotations"]["lume-services/run-name"] == "lion"


def test_a_rendered_job_is_the_one_that_is_made(
    own: Own, runs: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name, text in own.variables.items():
        monkeypatch.setenv(name, text)
    options = ("-o", "run_name=lion", "-o", "queue_name=beam")
    assert main(["kubernetes", "render", flows.oddly_named.name, *options]) == 0
    rendered = yaml.safe_load(capsys.readouterr().out)
    (found,) = until(lambda: shown(own))
    text = re.sub(r"lion-[0-9a-f]{6}( \(mounted\))?", "worker", json.dumps(found))
    made = json.loads(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", NOBODY, text))
    rendered["metadata"]["name"] = made["metadata"]["name"]
    assert within(rendered, made)


def within(part: Any, whole: Any) -> bool:
    """Tell whether a thing has the values of another one, and perhaps more."""
    if isinstance(part, Mapping):
        return all(name in whole and within(part[name], whole[name]) for name in part)
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


def test_a_secret_gets_into_the_flow_and_nowhere_else(own: Own, runs: tuple[str, str]) -> None:
    folder, url = own.server.shared / "odd", own.server.server.url
    until((folder / "begun").exists)
    places = [own.server.namespace.kubectl("get", "jobs,pods,events", "--output=json")]
    (folder / "told").touch()
    own.service.wait(runs[1], timeout=RUN_SECONDS)
    assert own.service.get_result(runs[1]) == flows.digest(HEADERS)
    for kind in ("deployments", "flow_runs", "work_pools", "logs"):
        answer = httpx.post(f"{url}/{kind}/filter", json={"limit": 200}, trust_env=False)
        places.append(answer.raise_for_status().text)
    places += [file.read_text() for file in own.server.server.home.glob("*.log")]
    assert runs[1] in places[0]
    assert "secretKeyRef" in places[0]
    assert all("t0ken-of-the-tests" not in place for place in places)


def test_three_jobs_of_three_images_share_files(own: Own, runs: tuple[str, str]) -> None:
    own.service.wait(runs[0], timeout=RUN_SECONDS)
    own.service.require_completed(runs[0])
    children = {run.flow_name: run.id for run in own.service.child_runs(runs[0])}
    returned = {name: own.service.get_result(run_id) for name, run_id in children.items()}
    assert returned == {
        "writing": own.images["writing"],
        "doubling": own.images["doubling"],
        "reading": ["hihi", own.images["reading"]],
    }
    assert (own.folder / "sub" / "b.txt").read_text() == "hihi"
    for name, run_id in children.items():
        (job,) = own.server.namespace.of_run("jobs", run_id)
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["image"] == own.images[name]
        assert job["metadata"]["labels"]["lume-services/project"] == "images"
