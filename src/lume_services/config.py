"""Composition root: settings become services, for the process or for a context."""

from __future__ import annotations

import os
import threading
import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lume_services import plugins
from lume_services.errors import LumeServicesError, SettingsError
from lume_services.settings import RESULTS_DBS, LUMEServicesSettings, scheme
from lume_services.settings_problems import mask_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lume_services.services.files.filesystem import Filesystem
    from lume_services.services.files.service import FileService
    from lume_services.services.files.values import ValueStore
    from lume_services.services.results.db import ResultsDB
    from lume_services.services.scheduling.service import SchedulingService


@dataclass(frozen=True)
class Services:
    """What one set of settings describes.

    Replace a service with `dataclasses.replace` and use the outcome with `use`.
    """

    settings: LUMEServicesSettings
    files: FileService
    results_db: ResultsDB
    values: ValueStore
    scheduling: SchedulingService

    def close(self) -> None:
        """Close connections and end what the services have started."""
        self.scheduling.close()
        self.results_db.close()


def build(settings: LUMEServicesSettings) -> Services:
    """Make the services; nothing connects and no directory is made until one is used."""
    from lume_services.services.scheduling import service as scheduling

    if not isinstance(settings, LUMEServicesSettings):
        given = type(settings).__name__
        raise SettingsError(f"settings are given as {given}; give LUMEServicesSettings(...).")
    url, files = settings.results_db_url, _files(settings)
    return Services(
        settings=settings,
        files=files,
        results_db=plugins.load(RESULTS_DBS, scheme(url))(url),
        values=_values(settings, files),
        scheduling=scheduling.build(settings),
    )


def _files(settings: LUMEServicesSettings) -> FileService:
    from lume_services.services.files.local import LocalFilesystem
    from lume_services.services.files.mounted import MountedFilesystem
    from lume_services.services.files.service import FileService

    filesystems: list[Filesystem] = [LocalFilesystem()]
    if settings.mounted_filesystem is not None:
        filesystems.append(MountedFilesystem(**dict(settings.mounted_filesystem)))
    return FileService(filesystems)


def _values(settings: LUMEServicesSettings, files: FileService) -> ValueStore:
    from lume_services.services.files.value_place import place_of
    from lume_services.services.files.values import ValueStore

    place = place_of(settings)
    if place.filesystem not in files.identifiers:
        raise SettingsError(
            f"results_db.values_filesystem is {place.filesystem!r}; it must be one of "
            f"{', '.join(files.identifiers)}, or be set up as the mounted filesystem"
        )
    # A mount is for many, so what is made there is as open as other files.
    mode = 0o700 if place.filesystem == "local" else 0o777
    return ValueStore(partial(files.resolve, place.filesystem, place.folder), place.database, mode)


class _SetUp:
    """Settings, and the services made of them in this process.

    A forked child makes its own: connections must not be shared, and threads do not survive.
    """

    def __init__(self, settings: LUMEServicesSettings, made: Services | None = None) -> None:
        self.settings = settings
        self._made = made
        self._process = os.getpid() if made else 0

    def services(self) -> Services:
        with _lock:
            if self._made is None or self._process != os.getpid():
                self._made, self._process = build(self.settings), os.getpid()
            return self._made

    def close(self) -> None:
        with _lock:
            if self._made is not None and self._process == os.getpid():
                self._made.close()
            self._made = None


class _Process:
    """What the whole process has configured."""

    set_up: _SetUp | None = None


_process = _Process()
_override: ContextVar[_SetUp | Services | None] = ContextVar("lume_services", default=None)
_lock = threading.RLock()
# A child forked while another thread holds the lock would otherwise wait for ever.
os.register_at_fork(
    before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
)


def configure(settings: LUMEServicesSettings | None = None) -> Services:
    """Set the services of the process.

    Parameters
    ----------
    settings
        By default read from the environment and ``lume.toml``. The same settings again leave
        the services as they are.

    Raises
    ------
    SettingsError
        If settings cannot be used; the services of the process stay as they were.
    """
    with _lock:
        if settings is None:
            settings = LUMEServicesSettings()
        set_up = _process.set_up
        if set_up is None or dict(set_up.settings) != dict(settings):
            set_up = _SetUp(settings)
        services = set_up.services()
        _process.set_up = set_up
    return services


def current() -> Services:
    """Return the services of this context, else of the process, configured on first use."""
    override = _override.get()
    if isinstance(override, Services):
        return override
    if override is not None:
        return override.services()
    with _lock:
        return configure() if _process.set_up is None else _process.set_up.services()


@contextmanager
def use(services: Services | LUMEServicesSettings) -> Iterator[Services]:
    """Use other services in this context: the calling thread or task, and copies of its context.

    Parameters
    ----------
    services
        Services, used as they are; or settings, whose services are closed at the end.
    """
    if isinstance(services, Services):
        with _overriding(services):
            yield services
        return
    set_up = _SetUp(services)
    try:
        made = set_up.services()
        with _overriding(set_up):
            yield made
    finally:
        set_up.close()


@contextmanager
def use_everywhere(services: Services) -> Iterator[None]:
    """Use other services in the whole process, as they are, in place of what it has configured.

    What is configured meanwhile is closed at the end.

    Parameters
    ----------
    services
        Services; a forked child makes its own of their settings.
    """
    own = _SetUp(services.settings, services)
    with _lock:
        before, _process.set_up = _process.set_up, own
    try:
        yield
    finally:
        with _lock:
            if _process.set_up is not own:
                reset()
            _process.set_up = before


@contextmanager
def _overriding(value: _SetUp | Services) -> Iterator[None]:
    token = _override.set(value)
    try:
        yield
    finally:
        _override.reset(token)


def reset() -> None:
    """Close and forget the services of the process."""
    with _lock:
        if _process.set_up is not None:
            _process.set_up.close()
        _process.set_up = None


@dataclass(frozen=True)
class Check:
    """Whether a service works, and what was seen."""

    service: str
    ok: bool
    detail: str


def check(services: Services) -> list[Check]:
    """Try each service, the way that a run will use it; what is written is removed again."""
    attempts = {"results_db": partial(_try_results_db, services)}
    attempts["values"] = partial(_try_values, services)
    attempts["scheduling"] = partial(_try_scheduling, services)
    for identifier in services.files.identifiers:
        attempts[f"files {identifier}"] = partial(_try_filesystem, services, identifier)
    return [_outcome(service, attempt) for service, attempt in attempts.items()]


def _outcome(service: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(service, True, attempt())
    except (LumeServicesError, OSError) as error:
        return Check(service, False, str(error))


def _try_results_db(services: Services) -> str:
    count = services.results_db.count({})
    return f"{mask_url(services.settings.results_db_url)} holds {count} results"


def _try_values(services: Services) -> str:
    from lume_services.services.files.value_place import place_of

    with services.values.saving() as saving:
        saving.try_writing()
    detail = f"{services.values.folder} takes values"
    if place_of(services.settings).reachable:
        return detail
    return (
        f"{detail}, which this machine alone can load: set "
        "LUME_RESULTS_DB__VALUES_FILESYSTEM to a filesystem that all have mounted"
    )


def _try_scheduling(services: Services) -> str:
    last = services.scheduling.runs(limit=1)
    history = f"last run on {last[0].created:%Y-%m-%d %H:%M}" if last else "no run yet"
    return f"backend {services.settings.backend}: {history}"


def _try_filesystem(services: Services, identifier: str) -> str:
    name = f".lume-services-check-{uuid.uuid4().hex}"
    if identifier == "local":
        # Any directory would do, and the home is known to be ours.
        home = services.settings.home
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = f"{home} cannot be made ({error.strerror}): set LUME_HOME to another folder"
            raise SettingsError(reason) from None
        name = str(home / name)
    services.files.write(identifier, name, _write)
    path = services.files.resolve(identifier, name)
    path.unlink()
    return f"wrote and removed a file in {path.parent}"


def _write(path: Path) -> None:
    path.write_bytes(b"check")
