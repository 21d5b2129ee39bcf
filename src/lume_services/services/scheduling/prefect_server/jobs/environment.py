"""The worker's settings as environment variables of a job: those that all may see, and secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Secret, SecretStr

from lume_services.settings import LUMEServicesSettings
from lume_services.settings_sources import SettingPath, variable

# The places of one host, which a platform gives in its own way if the job is to have them.
_OF_THE_HOST = frozenset({("home",), ("prefect", "tls_certificate")})
_OF_THE_WORKER = frozenset({"docker", "kubernetes"})
_OF_THE_SERVER = ("prefect", "database_url")


def job_environment(settings: LUMEServicesSettings) -> dict[str, str]:
    """Return the settings that a job gets and that are no secrets.

    The directory that is mounted is under its alias there; its path on the host is still
    understood in filenames.

    Parameters
    ----------
    settings
        All settings of the worker.
    """
    return {
        variable(path): _text(value)
        for path, value in _values(settings)
        if path not in _OF_THE_HOST and not _is_secret(value)
    }


def job_secrets(settings: LUMEServicesSettings) -> dict[str, SecretStr]:
    """Return the settings that a job gets and that nobody else may see.

    Parameters
    ----------
    settings
        All settings of the worker.
    """
    return {
        variable(path): SecretStr(_text(value))
        for path, value in _values(settings)
        if path != _OF_THE_SERVER and _is_secret(value)
    }


def _values(settings: LUMEServicesSettings) -> Iterator[tuple[SettingPath, Any]]:
    """Yield each setting that has a value, as a job is to see it."""
    for name in type(settings).model_fields.keys() - _OF_THE_WORKER:
        section = getattr(settings, name)
        if section is None:
            continue
        if not isinstance(section, BaseModel):
            yield (name,), section
            continue
        values = {key: value for key, value in section if value is not None}
        if name == "mounted_filesystem":
            here, there = values["mount_path"], values.get("mount_alias", values["mount_path"])
            values |= {"mount_path": there, "mount_alias": here}
        if values.pop("password_file", None) is not None:
            values["password"] = settings.results_db.password_in_use
        yield from (((name, key), value) for key, value in values.items())


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_secret, value.values()))
    return isinstance(value, Secret | SecretStr)


def _text(value: Any) -> str:
    if isinstance(value, Mapping | tuple | list):
        return json.dumps(_plain(value))
    return str(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.get_secret_value() if isinstance(value, Secret | SecretStr) else value
