"""Install the parts of the image, one a call, as the Dockerfile asks.

What is asked for by build arguments is in environment variables, and is checked here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

BUILD = Path("/build")
IMAGE = Path(sys.prefix)
TOOLS = BUILD / "tools"
CODE = BUILD / "code"
VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)*")
REPOSITORY = re.compile(r"(git\+)?(https|ssh|file)://[\w.@:/~+-]+")
# A third of the client of Kubernetes is a second one, for asyncio, which nothing here uses; the
# tests of the big numerical packages are for those who change them.
UNUSED = [
    "kubernetes/aio",
    "h5py/tests",
    *(f"{package}/**/tests" for package in ("matplotlib", "numpy", "scipy")),
]


def pip(*arguments: str, python: Path = IMAGE) -> None:
    subprocess.run([python / "bin/python", "-m", "pip", *arguments], check=True)


def install_dependencies() -> None:
    """Install what the lock names, and another version of Prefect where one is asked for."""
    version = os.environ.get("PREFECT_VERSION")
    if version:
        expect(VERSION, "PREFECT_VERSION", version)
    pip("install", "--require-hashes", "--requirement", str(BUILD / "requirements.lock"))
    if version:
        pip("install", f"prefect=={version}")
    pip("uninstall", "--yes", "setuptools")
    for packages in IMAGE.glob("lib/*/site-packages"):
        for pattern in UNUSED:
            for folder in sorted(packages.glob(pattern)):
                shutil.rmtree(folder, ignore_errors=True)


def install_tools() -> None:
    """Install what makes a package of a checkout, where the image does not see it."""
    subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
    pip(*("install", "--require-hashes", "--requirement", str(BUILD / "build.lock")), python=TOOLS)


def install_checkout() -> None:
    """Install this checkout."""
    install_code(str(BUILD / "checkout"))


def install_release() -> None:
    """Install a released version: of a repository's tag where one is given, else of an index."""
    version = os.environ.get("LUME_SERVICES_VERSION", "")
    repository = os.environ.get("LUME_SERVICES_REPOSITORY", "")
    expect(VERSION, "LUME_SERVICES_VERSION", version)
    if not repository:
        pip("download", "--no-deps", "--dest", str(BUILD / "wheels"), f"lume-services=={version}")
        install_wheel()
        return
    expect(REPOSITORY, "LUME_SERVICES_REPOSITORY", repository)
    subprocess.run(["apt-get", "update", "--quiet=2"], check=True)
    subprocess.run(
        ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "git"], check=True
    )
    install_tools()
    install_code(f"git+{repository.removeprefix('git+')}@v{version}")


def install_code(source: str) -> None:
    pip(
        *("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(BUILD / "wheels")),
        source,
        python=TOOLS,
    )
    install_wheel()


def install_wheel() -> None:
    """Install the package where it can be copied from, once it is sure that all fits together."""
    wheels = [str(path) for path in (BUILD / "wheels").iterdir()]
    pip("install", "--no-deps", *wheels)
    pip("check")
    pip("install", "--no-deps", "--ignore-installed", "--prefix", str(CODE), *wheels)


def expect(pattern: re.Pattern[str], name: str, value: str) -> None:
    if not pattern.fullmatch(value):
        sys.exit(f"build argument {name} is {value!r}; expected like {EXAMPLES[name]}")


EXAMPLES = {
    "PREFECT_VERSION": "3.8.8",
    "LUME_SERVICES_VERSION": "0.1.0",
    "LUME_SERVICES_REPOSITORY": "https://HOST/OWNER/lume-services.git",
}
STEPS = {
    "dependencies": install_dependencies,
    "tools": install_tools,
    "checkout": install_checkout,
    "release": install_release,
}

if __name__ == "__main__":
    STEPS[sys.argv[1]]()
