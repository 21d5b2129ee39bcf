"""The example as the documentation tells to run it: three containers, a folder, extra packages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from stack_services import Services

EXAMPLE = Path(__file__).parents[2] / "examples" / "beamline"
FLOWS = ("generate_beam", "track", "analyze")
NEEDS = "accelerator-toolbox>=0.8"
FILES = {"beam.h5", "tracked_beam.h5", "beam_size.png"}


class Beamline:
    """The flows of the example on services of the stack.

    Parameters
    ----------
    services
        The services.
    image
        The image of jobs.
    folder
        Where files go on this host; it is ``/data`` in containers.
    """

    def __init__(self, services: Services, image: str, folder: Path) -> None:
        self._services, self._image, self._folder = services, image, folder
        folder.mkdir()
        # The user of the image is another one than this.
        folder.chmod(0o777)

    def environment(self, *others: Path) -> dict[str, str]:
        """Return variables of the worker, with which jobs see this and other folders."""
        volumes = [f"{folder}:{folder}:ro" for folder in (EXAMPLE / "src", *others)]
        volumes.append(f"{self._services.name}-extra:/opt/extra")
        return {
            "LUME_DOCKER__VOLUMES": json.dumps(volumes),
            "LUME_DOCKER__ENV": json.dumps({"PYTHONPATH": str(EXAMPLE / "src")}),
            "LUME_MOUNTED_FILESYSTEM__MOUNT_PATH": str(self._folder),
            "LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS": "/data",
        }

    def check(self) -> None:
        """Run the flows, and see what they leave."""
        images = dict.fromkeys(FLOWS, self._image)
        images |= {name: self._with_extra_packages() for name in ("track", "analyze")}
        for name, image in images.items():
            flow = f"beamline.flows:{name}"
            self._services.as_client("register", flow, "--project", "beamline", "--image", image)
        given = ["directory=/data/bunches", "filesystem_identifier=mounted", "n_particles=1000"]
        options = [word for each in given for word in ("-p", f"generate_beam-{each}")]
        file = str(EXAMPLE / "flow_of_flows.yaml")
        self._services.as_client("--json", "run", file, *options)
        files = [path for path in self._folder.glob("bunches/*/*") if path.stat().st_size]
        assert {path.name for path in files} == FILES
        assert {path.stat().st_uid for path in files} == {1000}
        found = json.loads(
            self._services.as_client("--json", "results", "find", "project_name == 'beamline'")
        )
        made_by = {each["flow_name"]: each["provenance"]["image"] for each in found}
        assert made_by == images

    def _with_extra_packages(self) -> str:
        """Return an image whose containers install what a flow needs besides when they start."""
        tag = f"{self._image.partition(':')[0]}:beamline"
        subprocess.run(
            ["docker", "build", "--quiet", "--network", "host", "--tag", tag, "-"],
            input=f"FROM {self._image}\nENV EXTRA_PIP_PACKAGES={NEEDS}\n".encode(),
            env={**os.environ, "DOCKER_BUILDKIT": "0"},
            capture_output=True,
            check=True,
        )
        return tag
