"""Composition root: settings become services, for the process or for a context."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lume_services import plugins
from lume_services.settings import LUMEServicesSettings

if TYPE_CHECKING:
    from lume_services.services.files.service import FileService
    from lume_services.services.results.db import ResultsDB
    from lume_services.services.scheduling.service import SchedulingService


@dataclass(frozen=True)
class Services:
    """The services that one set of settings describes."""

    settings: LUMEServicesSettings
    files: FileService
    results_db: ResultsDB
    scheduling: SchedulingService


_lock = threading.Lock()
_process_wide: Services | None = None
_override: ContextVar[Services | None] = ContextVar("lume_services_override", default=None)


def build(settings: LUMEServicesSettings) -> Services:
    """Make the services; nothing connects and no directory is made until one is used."""
    from lume_services.services.files.local import LocalFilesystem
    from lume_services.services.files.mounted import MountedFilesystem
    from lume_services.services.files.service import FileService
    from lume_services.services.scheduling import service as scheduling

    filesystems = [LocalFilesystem()]
    if settings.mounted_filesystem is not None:
        filesystems.append(MountedFilesystem(**dict(settings.mounted_filesystem)))
    url = settings.results_db_url
    results_db = plugins.load("lume_services.results_dbs", url.partition(":")[0])
    return Services(settings, FileService(filesystems), results_db(url), scheduling.build(settings))


def configure(settings: LUMEServicesSettings | None = None) -> Services:
    """Set the process-wide services, from the environment unless settings are given."""
    global _process_wide
    services = build(settings or LUMEServicesSettings())
    with _lock:
        _process_wide = services
    return services


def current() -> Services:
    """Return the services of this context, else those of the process."""
    return _override.get() or _process_wide or configure()


@contextmanager
def use(services: Services | LUMEServicesSettings) -> Iterator[Services]:
    """Use other services in this context only."""
    if isinstance(services, LUMEServicesSettings):
        services = build(services)
    token = _override.set(services)
    try:
        yield services
    finally:
        _override.reset(token)


def reset() -> None:
    """Forget the process-wide services."""
    global _process_wide
    with _lock:
        _process_wide = None
