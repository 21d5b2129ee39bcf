"""Every packaged type on a disk that takes no more than a few kilobytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WRITE = """
import os, resource, signal, sys
import numpy as np
from PIL import Image
from lume_services.errors import FileServiceError
from lume_services import files

noise = np.random.default_rng(0).integers(0, 255, (200, 200), dtype="u1")
objects = {
    "TextFile": "x" * 100_000,
    "JSONFile": ["x"] * 10_000,
    "YAMLFile": ["x"] * 10_000,
    "NumpyFile": noise,
    "HDF5File": {"x": noise},
    "ImageFile": Image.fromarray(noise),
}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for name, obj in objects.items():
    made = getattr(files, name)
    try:
        made("a.png").write(obj)
    except FileServiceError as error:
        print(name, str(error).replace(os.getcwd(), ""), os.listdir())
"""


def test_a_full_disk_leaves_no_file_of_any_type(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-c", WRITE], capture_output=True, text=True, check=True, timeout=300
    ).stdout
    lines = output.splitlines()
    assert [line.split()[0] for line in lines] == [
        "TextFile",
        "JSONFile",
        "YAMLFile",
        "NumpyFile",
        "HDF5File",
        "ImageFile",
    ]
    for line in lines:
        assert "cannot write '/a.png': " in line
        assert line.endswith(". []")
    assert sum("File too large" in line for line in lines) >= 5
    assert list(tmp_path.iterdir()) == []
