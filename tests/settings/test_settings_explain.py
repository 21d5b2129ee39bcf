"""The list of effective settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lume_services.settings import LUMEServicesSettings, Setting, explain

PARTS = (
    *("host", "port", "username", "password", "password_file"),
    *("database", "authmechanism", "options"),
)


def test_every_setting_with_value_and_source(
    lume_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lume.toml"
    file.write_text('[mounted_filesystem]\nmount_path = "/data"\n')
    monkeypatch.setenv("LUME_RESULTS_DB__URL", "sqlite://user:pw@host/db")
    monkeypatch.setenv("LUME_PREFECT__AUTH_STRING", "operator:pw")

    assert explain(LUMEServicesSettings(backend="local")) == [
        Setting("backend", "local", "argument backend"),
        Setting("home", str(lume_home), "environment variable LUME_HOME"),
        Setting(
            "results_db.url",
            "sqlite://user:***@host/db",
            "environment variable LUME_RESULTS_DB__URL",
        ),
        *(Setting(f"results_db.{part}", None, "default") for part in PARTS),
        Setting("results_db.inline_limit", 262144, "default"),
        Setting("results_db.values_filesystem", None, "default"),
        Setting("results_db.retry_seconds", 60.0, "default"),
        Setting("mounted_filesystem.identifier", "mounted", "default"),
        Setting(
            "mounted_filesystem.mount_path", "/data", f"{file}:2: mounted_filesystem.mount_path"
        ),
        Setting("mounted_filesystem.mount_alias", None, "default"),
        Setting("mounted_filesystem.mount_type", "Directory", "default"),
        Setting("scheduling.max_concurrent_flows", 4, "default"),
        Setting("prefect.api_url", "http://127.0.0.1:4200/api", "default"),
        Setting(
            "prefect.auth_string", "**********", "environment variable LUME_PREFECT__AUTH_STRING"
        ),
        Setting("prefect.headers", None, "default"),
        Setting("prefect.database_url", None, "default"),
        Setting("prefect.tls_certificate", None, "default"),
        Setting("docker", None, "default"),
        Setting("kubernetes", None, "default"),
    ]


def test_nothing_set_shows_what_is_used(lume_home: Path) -> None:
    shown = {
        setting.name: (setting.value, setting.source) for setting in explain(LUMEServicesSettings())
    }
    assert shown["results_db.url"] == (f"sqlite:///{lume_home}/results.sqlite", "default")
    assert shown["mounted_filesystem"] == (None, "default")
