"""A keyword wins over the environment, which wins over ``lume.toml``, over the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from lume_services.settings import LUMEServicesSettings, explain

VARIABLE = "LUME_SCHEDULING__MAX_CONCURRENT_FLOWS"


@pytest.mark.parametrize(
    ("keyword", "variable", "in_file", "expected", "source"),
    [
        (None, None, None, 4, "default"),
        (None, None, 3, 3, "{file}:3: scheduling.max_concurrent_flows"),
        (None, "2", None, 2, f"environment variable {VARIABLE}"),
        (None, "2", 3, 2, f"environment variable {VARIABLE}"),
        (1, None, 3, 1, "argument scheduling.max_concurrent_flows"),
        (1, "2", None, 1, "argument scheduling.max_concurrent_flows"),
        (1, "2", 3, 1, "argument scheduling.max_concurrent_flows"),
    ],
)
def test_order_of_sources(  # noqa: PLR0917 — parametrised
    keyword: int | None,
    variable: str | None,
    in_file: int | None,
    expected: int,
    source: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "lume.toml"
    if in_file is not None:
        file.write_text(f"# limits\n[scheduling]\nmax_concurrent_flows = {in_file}\n")
    if variable is not None:
        monkeypatch.setenv(VARIABLE, variable)
    keywords = {} if keyword is None else {"scheduling": {"max_concurrent_flows": keyword}}

    settings = LUMEServicesSettings(**keywords)

    assert settings.scheduling.max_concurrent_flows == expected
    sources = {setting.name: setting.source for setting in explain(settings)}
    assert sources["scheduling.max_concurrent_flows"] == source.format(file=file)


def test_sections_are_merged_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lume.toml").write_text(
        'mounted_filesystem = { mount_path = "/from/file", identifier = "from-file" }\n'
    )
    monkeypatch.setenv("LUME_MOUNTED_FILESYSTEM__IDENTIFIER", "from-environment")

    settings = LUMEServicesSettings(mounted_filesystem={"mount_alias": "/from/keyword"})

    mounted = settings.mounted_filesystem
    assert mounted is not None
    assert mounted.mount_path == Path("/from/file")
    assert mounted.identifier == "from-environment"
    assert str(mounted.mount_alias) == "/from/keyword"
    assert mounted.mount_type == "Directory"


def test_defaults(lume_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUME_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(lume_home))
    settings = LUMEServicesSettings()
    assert settings.backend == "local"
    assert settings.home == lume_home / "lume-services"
    assert settings.results_db_url == f"sqlite:///{lume_home}/lume-services/results.sqlite"
    assert settings.mounted_filesystem is None
    assert not settings.home.exists()


def test_home_moves_the_embedded_results(lume_home: Path) -> None:
    assert LUMEServicesSettings().results_db_url == f"sqlite:///{lume_home}/results.sqlite"


def test_tilde_is_the_home_of_the_user(lume_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(lume_home))
    assert LUMEServicesSettings(home="~/lume").home == lume_home / "lume"


def test_dot_env_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LUME_SCHEDULING__MAX_CONCURRENT_FLOWS=9\n")
    assert LUMEServicesSettings().scheduling.max_concurrent_flows == 4


def test_variables_of_the_test_suite_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_TEST_POSTGRESQL", "postgresql://127.0.0.1/test")
    assert LUMEServicesSettings().backend == "local"


def test_section_given_as_an_object() -> None:
    from lume_services.settings import SchedulingSettings

    settings = LUMEServicesSettings(scheduling=SchedulingSettings(max_concurrent_flows=7))
    assert settings.scheduling.max_concurrent_flows == 7
    (shown,) = [each for each in explain(settings) if each.name.startswith("scheduling.")]
    assert shown.source == "argument scheduling"
