"""Where large values go, and from which size on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lume_services import config
from lume_services.errors import SettingsError
from lume_services.services.files.value_place import ValuePlace, place_of
from lume_services.settings import LUMEServicesSettings


@pytest.mark.parametrize(
    ("given", "limit"),
    [(4096, 4096), ("4096", 4096), ("16KiB", 16384), ("1.5 MB", 1_500_000)],
)
def test_the_limit_is_given_in_bytes_or_with_a_unit(given: object, limit: int) -> None:
    settings = LUMEServicesSettings(results_db={"inline_limit": given})
    assert settings.results_db.inline_limit == limit
    assert LUMEServicesSettings().results_db.inline_limit == 262144


@pytest.mark.parametrize("given", [0, 1023, "3MiB", True, -1, "many"])
def test_other_limits_are_refused(given: object) -> None:
    with pytest.raises(SettingsError, match=r"argument results_db\.inline_limit is"):
        LUMEServicesSettings(results_db={"inline_limit": given})


def test_values_of_an_sqlite_file_are_beside_it(lume_home: Path) -> None:
    home = LUMEServicesSettings()
    assert place_of(home) == ValuePlace(
        "local", f"{lume_home}/results.values", "results.sqlite", reachable=True
    )
    elsewhere = LUMEServicesSettings(results_db={"url": "sqlite:////data/scans.db"})
    assert place_of(elsewhere).folder == "/data/scans.values"


def test_values_can_be_on_the_mounted_filesystem(tmp_path: Path) -> None:
    url = "sqlite:////data/scans.db"
    settings = LUMEServicesSettings(
        results_db={"url": url, "values_filesystem": "lab"},
        mounted_filesystem={"identifier": "lab", "mount_path": tmp_path},
    )
    place = ValuePlace("lab", "values/scans.db", "sqlite:////data/scans.db", reachable=True)
    assert place_of(settings) == place
    with config.use(settings) as services:
        assert services.values.folder == tmp_path / "values/scans.db"


def test_values_of_a_server_are_in_the_home_and_not_reachable(lume_home: Path) -> None:
    settings = LUMEServicesSettings(results_db={"url": "postgresql://me:pw@127.0.0.1:9/scans"})
    assert place_of(settings) == ValuePlace(
        "local", f"{lume_home}/values/scans", "postgresql://127.0.0.1:9/scans", reachable=False
    )
    with config.use(settings) as services:
        check = {each.service: each for each in config.check(services)}["values"]
    assert check.ok
    assert check.detail == (
        f"{lume_home}/values/scans takes values, which this machine alone can load: set "
        "LUME_RESULTS_DB__VALUES_FILESYSTEM to a filesystem that all have mounted"
    )


def test_an_unknown_filesystem_is_refused() -> None:
    settings = LUMEServicesSettings(results_db={"values_filesystem": "lab"})
    with pytest.raises(SettingsError, match="values_filesystem is 'lab'; it must be one of local"):
        config.build(settings)
