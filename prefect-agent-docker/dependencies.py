"""Install what the image needs besides the package: all that the lock names, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)*")
# Half of the client of Kubernetes is a second one, for asyncio, which nothing here uses; the tests
# of the big numerical packages are for those who change them.
UNUSED = [
    "kubernetes/aio",
    "h5py/tests",
    *(f"{package}/**/tests" for package in ("matplotlib", "numpy", "scipy")),
]


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


def install() -> None:
    """Install what the lock names, and another version of Prefect where one is asked for."""
    version = os.environ.get("PREFECT_VERSION", "")
    if version and not VERSION.fullmatch(version):
        sys.exit(f"build argument PREFECT_VERSION is {version!r}; expected like 3.8.8")
    pip("install", "--require-hashes", "--requirement", "/build/requirements.lock")
    if version:
        pip("install", f"prefect=={version}")
    pip("uninstall", "--yes", "setuptools")


def trim() -> None:
    """Remove what nobody uses."""
    for packages in Path(sys.prefix).glob("lib/*/site-packages"):
        for pattern in UNUSED:
            for folder in sorted(packages.glob(pattern)):
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    install()
    trim()
