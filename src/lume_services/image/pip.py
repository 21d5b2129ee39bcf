"""Extra packages from a Python package index, by pip."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from lume_services import __version__
from lume_services.errors import ContainerError
from lume_services.image.prefix import Prefix
from lume_services.image.wishes import shown

if TYPE_CHECKING:
    from packaging.requirements import Requirement

FAILED = 65
# Pip would install to where nobody looks.
_DESTINATIONS = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON")


def is_there(word: str) -> bool:
    """Tell whether a requirement is met by what is installed."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return _is_met(Requirement(word), {})
    except InvalidRequirement:
        # A URL or a file.
        return False


def _is_met(requirement: Requirement, marked: dict[str, str]) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": "", **marked}):
        return True
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        return False
    if requirement.url or not requirement.specifier.contains(found.version, prereleases=True):
        return False
    return all(_extra_is_met(found.requires or [], extra) for extra in requirement.extras)


def _extra_is_met(requirements: Sequence[str], extra: str) -> bool:
    from packaging.requirements import Requirement

    needed = (Requirement(each) for each in requirements)
    return all(_is_met(each, {"extra": extra}) for each in needed)


def install(prefix: Prefix, words: Sequence[str], variables: Mapping[str, str]) -> None:
    """Install requirements.

    Parameters
    ----------
    prefix
        Where to.
    words
        The requirements.
    variables
        Environment variables; pip's own name indexes, constraints and so on.

    Raises
    ------
    ContainerError
        If pip fails; it has said why.
    """
    command = [sys.executable, "-P", "-m", "pip", "--python", str(prefix.python), "install"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--"]
    # So that nothing comes with which this package does not work.
    command += [f"lume-services=={__version__}", *words]
    kept = {name: text for name, text in variables.items() if name not in _DESTINATIONS}
    if _run(command, {"PIP_CACHE_DIR": str(prefix.downloads / "pip"), **kept}):
        raise ContainerError(
            f"pip could not install {shown(*words)} of EXTRA_PIP_PACKAGES, for the reason that "
            "it gave above; correct the requirements, or pip's variables such as PIP_INDEX_URL",
            exit_code=FAILED,
        )


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run pip; of what it says, all goes to standard error that is not about the image."""
    with subprocess.Popen(  # noqa: S603  # no shell, and no options among the words
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if not line.startswith("Requirement already satisfied"):
                sys.stderr.write(line)
    return process.returncode
