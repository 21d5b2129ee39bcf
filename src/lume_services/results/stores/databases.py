"""Another results database than the one that is configured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from lume_services.errors import ResultNotFoundError, SettingsError
from lume_services.settings import LUMEServicesSettings, scheme
from lume_services.settings_sources import CONFIG_FILE_VARIABLE, config_file

if TYPE_CHECKING:
    from lume_services.config import Services

_VARIABLE, _FILE = "env:", ".toml"


class _OnlyGiven(LUMEServicesSettings):
    """Settings that take nothing from the environment or the usual file."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read keywords alone."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


@contextmanager
def opened(
    database: str | None, current: LUMEServicesSettings, *, exists: bool = False
) -> Iterator[Services]:
    """Give the services of a results database, of the configured one for None.

    Parameters
    ----------
    database, current
        As for `settings_of`.
    exists
        Whether it has to be there already; an SQLite file that is not would be made.

    Raises
    ------
    ResultNotFoundError
        If it has to be there and is not.
    """
    from lume_services import config

    settings = current if database is None else settings_of(database, current)
    url = settings.results_db_url
    file = Path(urlsplit(url).path[1:])
    if exists and scheme(url) == "sqlite" and not file.exists():
        raise ResultNotFoundError(f"there is no database {str(file)!r}; correct its name")
    services = config.build(settings)
    try:
        yield services
    finally:
        services.close()


def settings_of(database: str, current: LUMEServicesSettings) -> LUMEServicesSettings:
    """Return settings with another results database.

    Parameters
    ----------
    database
        Its URL; ``env:NAME`` for one in an environment variable; or a settings file, ending in
        ``.toml``, of which the results database, the home and the mounted filesystem are taken.
    current
        What is not given.

    Raises
    ------
    SettingsError
        If the variable is not set, the file cannot be read, or what it says is no setting.
    """
    mounted = current.mounted_filesystem
    kept: dict[str, Any] = {"home": current.home}
    if mounted is not None:
        kept["mounted_filesystem"] = dict(mounted)
    if database.endswith(_FILE):
        return _OnlyGiven(**{**kept, **config_file({CONFIG_FILE_VARIABLE: database}, Path.cwd())})
    section = current.results_db.model_dump(include={"inline_limit", "values_filesystem"})
    kept["results_db"] = {**section, "url": _url(database)}
    return _OnlyGiven(**kept)


def _url(database: str) -> str:
    if not database.startswith(_VARIABLE):
        return database
    name = database.removeprefix(_VARIABLE)
    if name not in os.environ:
        raise SettingsError(
            f"{database!r} means the environment variable {name!r}, which is not set; set it to "
            "the URL of a results database"
        )
    return os.environ[name]
