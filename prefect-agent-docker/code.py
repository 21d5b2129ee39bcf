"""Install the package itself beside its dependencies: this checkout, or a release.

Which release is asked for by build arguments. They are in environment variables, and are checked
here; no shell reads them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

BUILD = Path("/build")
IMAGE = Path(sys.prefix)
TOOLS = BUILD / "tools"
WHEELS = BUILD / "wheels"
VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)*")
REPOSITORY = re.compile(r"(git\+)?(https?|ssh|file)://[\w.@:/~+-]+")


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def pip(*arguments: str | Path, python: Path = IMAGE) -> None:
    run(python / "bin/python", "-m", "pip", *arguments)


def install_tools() -> None:
    """Install what makes a wheel, where the image does not get it."""
    run(sys.executable, "-m", "venv", TOOLS)
    lock = BUILD / "build.lock"
    pip("install", "--require-hashes", "--requirement", lock, python=TOOLS)


def install_checkout() -> None:
    """Install the files in the build context."""
    make_wheel(str(BUILD / "checkout"))
    install_wheel()


def install_release() -> None:
    """Install a version from a repository's tag where one is given, else from an index."""
    version = argument("LUME_SERVICES_VERSION", VERSION, "0.1.0")
    if not os.environ.get("LUME_SERVICES_REPOSITORY"):
        pip("download", "--no-deps", "--dest", WHEELS, f"lume-services=={version}")
    else:
        example = "https://HOST/OWNER/lume-services.git"
        repository = argument("LUME_SERVICES_REPOSITORY", REPOSITORY, example)
        run("apt-get", "update", "--quiet=2")
        run("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "git")
        install_tools()
        make_wheel(f"git+{repository.removeprefix('git+')}@v{version}")
    install_wheel()


def argument(name: str, pattern: re.Pattern[str], example: str) -> str:
    """Return a build argument, or end where it is something else."""
    value = os.environ.get(name, "")
    if not pattern.fullmatch(value):
        sys.exit(f"build argument {name} is {value!r}; expected like {example}")
    return value


def make_wheel(source: str) -> None:
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", WHEELS)
    pip("wheel", *options, source, python=TOOLS)


def install_wheel() -> None:
    """Install it where it can be copied from, once it is sure that all fits together."""
    wheels = sorted(WHEELS.iterdir())
    pip("install", "--no-deps", *wheels)
    pip("check")
    pip("install", "--no-deps", "--ignore-installed", "--prefix", BUILD / "code", *wheels)


if __name__ == "__main__":
    steps = {
        "tools": install_tools,
        "checkout": install_checkout,
        "release": install_release,
    }
    steps[sys.argv[1]]()
