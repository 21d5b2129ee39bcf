"""Install what the image needs besides the package: all that the lock names, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)*")
# Half of the client of Kubernetes is a second one, for asyncio, which nothing here uses; tests and
# sources in C are for those who change a package.
UNUSED = ["kubernetes/aio", "**/tests", "**/*.c", "**/*.pyx"]
# What was bundled with a package has been changed in a way that strip does not always understand.
BUNDLED = ".libs"


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


def install() -> None:
    """Install what the lock names, and another version of Prefect where one is asked for."""
    version = os.environ.get("PREFECT_VERSION", "")
    if version and not VERSION.fullmatch(version):
        sys.exit(f"build argument PREFECT_VERSION is {version!r}; expected like 3.8.8")
    # All that is needed is locked; pip would look for newer versions of what has extras.
    lock = "/build/requirements.lock"
    pip("install", "--no-deps", "--require-hashes", "--requirement", lock)
    if version:
        pip("install", f"prefect=={version}")
    pip("uninstall", "--yes", "setuptools")


def trim() -> None:
    """Remove what nobody uses, and the names in libraries that only a debugger needs."""
    for packages in Path(sys.prefix).glob("lib/*/site-packages"):
        for path in [found for pattern in UNUSED for found in packages.glob(pattern)]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        libraries = [str(each) for each in packages.rglob("*.so") if BUNDLED not in str(each)]
        subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)


if __name__ == "__main__":
    install()
    trim()
