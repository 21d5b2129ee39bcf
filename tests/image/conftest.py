"""Packages to install, and containers' first program without a container."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from image_packages import Sources, Start, conda_package, index, wheel


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "wheels").mkdir()
    wheel(folder / "wheels", "lattice-kit", "1.0")
    wheel(folder / "wheels", "lattice-kit", "2.0", "prefect<3")
    channel = folder / "channel"
    module = {"site-packages/optics_tables.py": "def main():\n    print('k1 1.25')\n"}
    script = ["optics-tables = optics_tables:main"]
    conda_package(
        channel,
        "optics-tables",
        "1.2",
        module,
        "python >=3.9",
        "numpy",
        scripts=script,
        noarch=True,
    )
    tool = "#!/bin/sh\necho bunch of $1\n"
    conda_package(channel, "beam-tool", "2.0", {"bin/beam-tool": tool}, "__glibc >=2.17")
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    conda_package(
        channel,
        "field-map",
        "0.3",
        {f"lib/python{minor}/site-packages/field_map.py": "GRADIENT = 7\n"},
        f"python >={minor},<3.{sys.version_info.minor + 1}.0a0",
        f"python_abi {minor}.* *_cp{minor.replace('.', '')}",
    )
    conda_package(channel, "old-code", "1.0", {"bin/old": ""}, "numpy <1.0", "python")
    conda_package(channel, "graphviz", "9.0", {"bin/dot": "#!/bin/sh\necho dot\n"})
    for version in ("0.9", np.__version__, "99.0"):
        conda_package(channel, "numpy", version, {"lib/numpy": ""}, "python >=3.9")
    return Sources(folder / "wheels", index(channel))


@pytest.fixture
def start(sources: Sources, tmp_path: Path) -> Start:
    """Run the first program of a container with a command, and with environment variables."""

    def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "lume_services.image.start", *command],
            env={
                **os.environ,
                "EXTRA_PLACE": str(tmp_path / "extra"),
                "EXTRA_CONDA_CHANNELS": sources.channel,
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(sources.wheels),
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
