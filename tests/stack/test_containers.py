"""What a stack does to containers of runs."""

from __future__ import annotations

import pytest

from lume_services.services.stack import containers
from servers.docker import docker, running

URL = "http://127.0.0.1:9/api"


@pytest.mark.parametrize(
    ("url", "label", "stays"),
    [
        (URL, "lume-services/run=7", False),
        (URL, "else=7", True),
        ("http://127.0.0.1:10/api", "lume-services/run=7", True),
    ],
)
def test_runs_of_a_server_are_removed_with_it(
    image: str, url: str, label: str, stays: bool
) -> None:
    options = (f"--env=LUME_PREFECT__API_URL={url}", f"--label={label}", "--entrypoint=sleep")
    with running(*options, image, "600") as name:
        containers.remove_jobs(URL, "bridge")
        containers.remove_jobs(URL, "host")
        assert (docker("inspect", name).returncode == 0) is stays
