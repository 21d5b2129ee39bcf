"""Every setting: by keyword, environment variable or ``lume.toml``, in this order."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PositiveInt,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from lume_services.errors import SettingsError
from lume_services.settings_docker import DockerSettings
from lume_services.settings_kubernetes import KubernetesSettings
from lume_services.settings_prefect import PrefectSettings
from lume_services.settings_problems import describe, mask_url
from lume_services.settings_results_db import RESULTS_DBS, ResultsDBSettings, scheme
from lume_services.settings_section import Section, no_bool, one_of
from lume_services.settings_sources import (
    DELIMITER,
    PREFIX,
    Given,
    SettingPath,
    config_file,
    environment,
    flatten,
    leaves,
    nested,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BACKENDS",
    "RESULTS_DBS",
    "LUMEServicesSettings",
    "MountedFilesystemSettings",
    "ResultsDBSettings",
    "SchedulingSettings",
    "Setting",
    "explain",
    "scheme",
]

BACKENDS = "lume_services.backends"


def _absolute(path: Path) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{error}; give an absolute path") from error
    if not path.is_absolute():
        raise ValueError("must be an absolute path, or begin with ~")
    return path


def _fit_for_url(path: Path) -> Path:
    # The embedded database is named by a URL, where these begin a query and an escape.
    if not {"?", "%"}.isdisjoint(str(path)):
        raise ValueError("must not contain '?' or '%'")
    return path


def _container_path(path: PurePosixPath) -> PurePosixPath:
    if not path.is_absolute():
        raise ValueError("must be an absolute path inside the container")
    return path


class MountedFilesystemSettings(Section):
    """A directory of this host that has another path inside a container."""

    identifier: Annotated[str, Field(min_length=1)] = "mounted"
    mount_path: Annotated[Path, AfterValidator(_absolute)]
    mount_alias: Annotated[PurePosixPath, AfterValidator(_container_path)] | None = None
    mount_type: Literal["Directory", "DirectoryOrCreate"] = "Directory"

    @field_validator("identifier")
    @classmethod
    def _is_free(cls, identifier: str) -> str:
        if identifier == "local":
            raise ValueError("must be another name, 'local' is the local filesystem")
        return identifier

    @model_validator(mode="after")
    def _apart(self) -> Self:
        here, there = PurePosixPath(self.mount_path), self.mount_alias
        if there and here != there and (here in there.parents or there in here.parents):
            raise ValueError("of mount_path and mount_alias, neither may lie inside the other")
        return self


class SchedulingSettings(Section):
    """How flows are run."""

    max_concurrent_flows: Annotated[PositiveInt, BeforeValidator(no_bool)] = 4


def _default_home() -> Path:
    return user_data_path("lume-services", appauthor=False)


class LUMEServicesSettings(BaseSettings):
    """Every setting of LUME-services.

    A keyword wins over an environment variable (``LUME_RESULTS_DB__URL``), which wins over
    ``lume.toml`` (looked for in the working directory and upward, or named by
    ``LUME_CONFIG_FILE``), which wins over the default.

    Parameters
    ----------
    backend
        What runs flows; an entry point of the group ``lume_services.backends``.
    home
        Directory of the embedded stores; made when first used.
    results_db, mounted_filesystem, scheduling, prefect, docker, kubernetes
        Sections.

    Raises
    ------
    SettingsError
        Every unknown, ill-typed or impossible setting, one a line, with its source.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        case_sensitive=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    backend: str = "local"
    home: Annotated[Path, AfterValidator(_absolute), AfterValidator(_fit_for_url)] = Field(
        default_factory=_default_home
    )
    results_db: ResultsDBSettings = ResultsDBSettings()
    mounted_filesystem: MountedFilesystemSettings | None = None
    scheduling: SchedulingSettings = SchedulingSettings()
    prefect: PrefectSettings = PrefectSettings()
    docker: DockerSettings | None = None
    kubernetes: KubernetesSettings | None = None

    _given: dict[SettingPath, Given] = PrivateAttr(default_factory=dict)

    @property
    def results_db_url(self) -> str:
        """URL of the results database, with its password."""
        return self.results_db.address or f"sqlite:///{self.home / 'results.sqlite'}"

    @field_validator("backend")
    @classmethod
    def _backend_is_installed(cls, backend: str) -> str:
        one_of(backend, BACKENDS)
        return backend

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read keywords, the environment and ``lume.toml``, and nothing else."""
        # Ours know where each value was written; a .env file is never read unasked.
        del env_settings, dotenv_settings, file_secret_settings
        return (
            init_settings,
            InitSettingsSource(settings_cls, environment(os.environ)),
            InitSettingsSource(settings_cls, config_file(os.environ, Path.cwd())),
        )

    @model_validator(mode="wrap")
    @classmethod
    def _name_sources(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, dict):
            return handler(data)
        given = flatten(data)
        try:
            settings = handler(nested({path: item.value for path, item in given.items()}))
        except ValidationError as error:
            known = list(_known(cls))
            problems = [describe(detail, given, known) for detail in error.errors()]
        else:
            settings._given = given
            return settings
        # Raised here, where the validation error with the given values is no longer its context.
        raise SettingsError("\n".join(problems))


@dataclass(frozen=True)
class Setting:
    """One effective setting: its dotted name, its value with secrets masked, and its source."""

    name: str
    value: str | int | None
    source: str


def explain(settings: LUMEServicesSettings) -> list[Setting]:
    """Return every effective setting and where it came from."""
    values = dict(leaves(settings.model_dump(mode="json")))
    values["results_db", "url"] = mask_url(settings.results_db_url)
    return [
        Setting(".".join(path), value, _source(settings, path)) for path, value in values.items()
    ]


def _source(settings: LUMEServicesSettings, path: SettingPath) -> str:
    """Return the origin of a setting, of its parts, or of the section that was given as a whole."""
    if path == ("results_db", "url") and settings.results_db.host is not None:
        path = ("results_db", "host")
    origins = [item.origin for given, item in settings._given.items() if given[: len(path)] == path]
    above = (settings._given.get(path[:length]) for length in range(len(path) - 1, 0, -1))
    origins += [item.origin for item in above if item is not None]
    return next(iter(origins), "default")


def _known(model: type[BaseModel], above: SettingPath = ()) -> Iterator[SettingPath]:
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        if section is None:
            yield (*above, name)
        else:
            yield from _known(section, (*above, name))


def _section(annotation: Any) -> type[BaseModel] | None:
    options = (annotation, *get_args(annotation))
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
