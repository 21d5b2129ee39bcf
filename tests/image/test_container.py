"""The image as Docker runs it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from image_packages import Sources

from lume_services import __version__
from servers import free_port
from servers.docker import docker, running

OCI = ("title", "description", "licenses", "source", "version")
FLOW = """
import subprocess

import field_map
import lattice_kit
import optics_tables
from prefect import flow


@flow
def use() -> list:
    programs = ("lattice-kit", "beam-tool", "optics-tables")
    said = [subprocess.check_output([name], text=True).strip() for name in programs]
    return [*said, field_map.GRADIENT]
"""


@pytest.fixture
def volume() -> Iterator[str]:
    name = f"lume-test-{uuid.uuid4().hex[:8]}"
    yield name
    docker("volume", "rm", "--force", name)


def test_what_the_image_says_of_itself(image: str) -> None:
    [described] = json.loads(docker("image", "inspect", image).stdout)
    config = described["Config"]
    assert config["User"] == "1000:0"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"][-1] == "lume_services.image.health"
    labels = {name: config["Labels"][f"org.opencontainers.image.{name}"] for name in OCI}
    assert (labels["title"], labels["licenses"]) == ("lume-services", "Apache-2.0")
    assert not [each for each in config["Env"] if each.startswith(("LUME_", "PREFECT_", "EXTRA_"))]
    assert described["Size"] < 760_000_000


def test_what_is_in_the_image(image: str) -> None:
    look = (
        "id -u; lume-services version; python -m pip check; for name in gcc cc make git; do "
        "command -v $name; done; ls /build /root /var/lib/apt/lists/*.* 2>/dev/null; "
        "touch /opt/lume/file 2>&1 | grep -o 'Permission denied'"
    )
    done = docker("run", "--rm", "--network", "host", image, "sh", "-c", look)
    assert done.stdout.splitlines() == [
        "1000",
        f"lume-services {__version__}",
        *done.stdout.splitlines()[2:4],
        "No broken requirements found.",
        "Permission denied",
    ]


def test_extra_packages_in_a_flow_of_a_container(
    image: str, sources: Sources, tmp_path: Path, volume: str
) -> None:
    (tmp_path / "extras_flow.py").write_text(FLOW)
    folder = sources.wheels.parent
    for path in (tmp_path, folder, *folder.rglob("*")):
        path.chmod(0o755)
    options = ["--rm", "--network", "host", "--volume", f"{volume}:/opt/extra"]
    extras = {
        "EXTRA_PIP_PACKAGES": "lattice-kit==1.*",
        "EXTRA_CONDA_PACKAGES": "beam-tool optics-tables field-map",
        "EXTRA_CONDA_CHANNELS": "/sources/channel",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "/sources/wheels",
    }
    options += [f"--env={name}={text}" for name, text in extras.items()]
    run = ["lume-services", "--json", "run", "/flows/extras_flow.py:use"]
    first = docker(
        *("run", *options, f"--volume={folder}:/sources:ro", f"--volume={tmp_path}:/flows:ro"),
        *(image, *run),
    )
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["returned"] == ["lattice-kit 1.0", "bunch of", "k1 1.25", 7]
    # Neither the wheels nor the channel are there any more.
    second = docker("run", *options, image, "optics-tables")
    assert (second.stdout, second.stderr) == ("k1 1.25\n", "")


def test_a_worker_says_why_it_cannot_use_the_socket(image: str) -> None:
    socket = "--volume=/var/run/docker.sock:/var/run/docker.sock"
    done = docker("run", "--rm", "--network", "host", socket, image)
    group = str(Path("/var/run/docker.sock").stat().st_gid)
    assert done.returncode == 69
    assert f"add --group-add {group} to docker run" in done.stderr
    missing = docker("run", "--rm", "--network", "host", image)
    assert missing.returncode == 69
    assert "/var/run/docker.sock is not there" in missing.stderr


def test_a_server_of_the_image(image: str) -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    environment = f"--env=LUME_PREFECT__API_URL={url}"
    with running(environment, image, "lume-services", "server", "start") as name:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{url}/health", trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        health = ("exec", name, "python", "-m", "lume_services.image.health")
        assert docker(*health).returncode == 0
        assert docker("stop", "--time", "120", name).returncode == 0
        [ended] = json.loads(docker("inspect", name).stdout)
        assert ended["State"]["ExitCode"] in (0, 143)
