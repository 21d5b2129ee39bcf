"""Files of results that wait until their database can be used again.

Each holds all of one result, as an archive: the document, and the values that are kept apart
from it. Its name follows from the content, so the same result waits once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lume_services.errors import FileCorruptError, FileServiceError
from lume_services.results.documents.document import Described, compose, identify
from lume_services.results.origin import environment
from lume_services.services.files import atomic
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.value_place import place_of
from lume_services.settings import scheme

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.services.files.values import Value
    from lume_services.settings import LUMEServicesSettings

VERSION = 1
CONTENT = "result.json"
VALUES = "values/"
SUFFIX = ".zip"

_FOLDER = "spool"

logger = logging.getLogger(__name__)


def keep(described: Described, services: Services) -> Path:
    """Write a result to a file of its own, whole or not at all; return the file.

    Parameters
    ----------
    described
        The result.
    services
        What it was to be saved with.

    Raises
    ------
    FileServiceError
        If it cannot be written.
    """
    head, database = identify(described), database_of(services.settings)
    rest = hashlib.sha256(f"{head['content_hash']} {database}".encode()).hexdigest()
    name = f"{head['unique_hash']}-{rest[:8]}{SUFFIX}"
    write = partial(_write, described=described, services=services)
    try:
        shared = shared_folder(services)
        if shared is not None:
            return _put(shared / name, write, 0o777)
    except FileServiceError as error:
        logger.warning("%s The result is kept in the home of this machine.", error)
    return _put(home_folder(services) / name, write, 0o700)


def shared_folder(services: Services) -> Path | None:
    """Return the folder beside the values, where they are not on this machine alone.

    Raises
    ------
    FileServiceError
        If its filesystem is not there.
    """
    place = place_of(services.settings)
    if place.filesystem == "local":
        return None
    return services.files.resolve(place.filesystem, _FOLDER)


def home_folder(services: Services) -> Path:
    """Return the folder in the home."""
    return Path(os.path.realpath(services.settings.home)) / _FOLDER


def database_of(settings: LUMEServicesSettings) -> str:
    """Return which results database the settings name, without login."""
    url = urlsplit(settings.results_db_url)
    return f"{scheme(settings.results_db_url)}://{url.netloc.rpartition('@')[2]}{url.path}"


def _put(file: Path, write: Callable[[Path], object], mode: int) -> Path:
    with atomic.os_errors("make", file.parent):
        for path in reversed((file.parent, *file.parent.parents)):
            if not path.exists():
                path.mkdir(mode=mode, exist_ok=True)
    atomic.write(file, write)
    return file


def _write(file: Path, described: Described, services: Services) -> None:
    file.touch(0o600)
    with zipfile.ZipFile(file, "w") as archive:
        limit = services.settings.results_db.inline_limit
        document = compose(described, limit, _Packing(archive))
        made = document["provenance"] or {}
        content = {
            "spool_version": VERSION,
            "database": database_of(services.settings),
            "packages": environment.packages(made.get("environment"), services),
            "document": document,
        }
        archive.writestr(CONTENT, json.dumps(content, allow_nan=False))


class _Packing:
    """Takes values into an archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.digests: list[str] = []

    def put(self, value: Value) -> FileStat:
        """Write a value into the archive; return what identifies it."""
        digest, size = hashlib.sha256(), 0
        name = f"{VALUES}{len(self._archive.namelist())}{value.suffix}"
        with self._archive.open(name, "w", force_zip64=True) as stream:
            for block in value.blocks():
                digest.update(block)
                size += stream.write(block)
        stat = FileStat(size=size, sha256=digest.hexdigest())
        if stat.sha256 not in self.digests:
            self.digests.append(stat.sha256)
        return stat

    def keep(self, value: Value, stat: FileStat) -> None:
        """Write a value whose content is known into the archive."""
        if self.put(value) != stat:
            raise FileCorruptError(
                f"a value with the sha256 {stat.sha256} has changed while it was copied; load it "
                "again"
            )
