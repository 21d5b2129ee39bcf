"""What can be set, by environment variable, ``lume.toml`` or keyword."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ResultsDBSettings(_Section):
    """Where database results are kept."""

    url: str | None = Field(default=None, repr=False)


class MountedFilesystemSettings(_Section):
    """A host directory that has another path inside a container."""

    identifier: str = "mounted"
    mount_path: Path
    mount_alias: Path | None = None
    mount_type: Literal["Directory", "DirectoryOrCreate"] = "DirectoryOrCreate"


class SchedulingSettings(_Section):
    """How flows are run."""

    max_concurrent_flows: PositiveInt = 4


def _default_home() -> Path:
    return user_data_path("lume-services", appauthor=False)


class LUMEServicesSettings(BaseSettings):
    """Every setting of LUME-services."""

    model_config = SettingsConfigDict(
        env_prefix="LUME_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    backend: str = "local"
    home: Path = Field(default_factory=_default_home)
    results_db: ResultsDBSettings = ResultsDBSettings()
    mounted_filesystem: MountedFilesystemSettings | None = None
    scheduling: SchedulingSettings = SchedulingSettings()

    @property
    def results_db_url(self) -> str:
        """URL of the results database; SQLite under ``home`` unless another is set."""
        return self.results_db.url or f"sqlite:///{self.home / 'results.sqlite'}"
