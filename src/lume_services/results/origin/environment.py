"""The installed packages, written once for all results that were made with them."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lume_services.errors import FileServiceError
from lume_services.services.files import atomic

if TYPE_CHECKING:
    from lume_services.config import Services

# Every installer names the folder of a package's metadata so; the metadata itself is slow to read.
_INSTALLED = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-py[\d.]+)?\.(dist|egg)-info")
_DIGEST = re.compile(r"[0-9a-f]{64}")

logger = logging.getLogger(__name__)

_kept: set[Path] = set()


@functools.cache
def installed() -> dict[str, str]:
    """Return the versions of the packages that this process can import, by name."""
    found: dict[str, str] = {}
    for folder in map(Path, sys.path):
        for entry in folder.glob("*-info") if folder.is_dir() else ():
            matched = _INSTALLED.fullmatch(entry.name)
            if matched:
                name = re.sub(r"[-_.]+", "-", matched["name"]).lower()
                found.setdefault(name, matched["version"])
    return dict(sorted(found.items()))


@functools.cache
def digest() -> str:
    """Return the SHA-256 by which the installed packages are known."""
    return hashlib.sha256(_content(installed())).hexdigest()


def keep(environment: str | None, services: Services) -> None:
    """Write the installed packages beside the results database, once for each process.

    What cannot be written is logged; a digest alone still tells whether two results were made
    with the same packages. Being few and small, they stay when their results are deleted.

    Parameters
    ----------
    environment
        The digest that a result is going to be saved with.
    services
        The services that it is saved with.
    """
    if environment == digest():
        _write(digest(), installed(), services)


def copy(environment: object, source: Services, target: Services) -> None:
    """Write the packages of an environment, where they are known, beside another database.

    Parameters
    ----------
    environment
        The digest of the packages.
    source, target
        The services of both databases.
    """
    found = packages(environment, source)
    if isinstance(environment, str) and found is not None:
        _write(environment, found, target)


def put(environment: object, packages: object, services: Services) -> None:
    """Write the packages of an environment beside a database, if its digest is theirs.

    Parameters
    ----------
    environment
        The digest of the packages.
    packages
        The packages, trusted in nothing.
    services
        The services of the database.
    """
    if not isinstance(packages, dict) or not isinstance(environment, str):
        return
    if hashlib.sha256(_content(packages)).hexdigest() == environment:
        _write(environment, packages, services)


def packages(environment: object, services: Services) -> dict[str, str] | None:
    """Return the packages of an environment by its digest; None if they are not known here."""
    if not isinstance(environment, str) or not _DIGEST.fullmatch(environment):
        return None
    if environment == digest():
        return installed()
    try:
        content = _file(environment, services).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != environment:
        return None
    found: dict[str, str] = json.loads(content)
    return found


def _file(environment: str, services: Services) -> Path:
    return services.values.folder / "environments" / f"{environment}.json"


def _write(environment: str, packages: dict[str, str], services: Services) -> None:
    file = _file(environment, services)
    if file in _kept:
        return
    _kept.add(file)
    try:
        if not file.exists():
            services.values.register()
            with atomic.os_errors("make", file.parent):
                file.parent.mkdir(exist_ok=True)
            atomic.write(file, lambda scratch: scratch.write_bytes(_content(packages)))
    except (OSError, FileServiceError) as error:
        logger.warning("the names of the installed packages are not kept: %s", error)


def _content(packages: dict[str, str]) -> bytes:
    return json.dumps(packages, separators=(",", ":")).encode()
