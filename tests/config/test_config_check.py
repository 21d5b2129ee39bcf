"""`check` really uses each service."""

from __future__ import annotations

from pathlib import Path

from lume_services import config
from lume_services.settings import LUMEServicesSettings


def outcomes(settings: LUMEServicesSettings) -> dict[str, config.Check]:
    with config.use(settings) as services:
        return {check.service: check for check in config.check(services)}


def test_all_well(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    home = tmp_path / "home"
    checks = outcomes(LUMEServicesSettings(home=home, mounted_filesystem={"mount_path": mount}))
    assert {name: check.detail for name, check in checks.items()} == {
        "results_db": f"sqlite:///{home}/results.sqlite holds 0 results",
        "values": f"{home}/results.values takes values",
        "scheduling": "backend local: no run yet",
        "files local": f"wrote and removed a file in {home}",
        "files mounted": f"wrote and removed a file in {mount}",
    }
    assert all(check.ok for check in checks.values())
    assert list(mount.iterdir()) == []
    assert [path for path in home.iterdir() if "check" in path.name] == []
    assert home.stat().st_mode & 0o777 == 0o700


def test_failures_do_not_hide_one_another(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no directory")
    checks = outcomes(
        LUMEServicesSettings(home=file, mounted_filesystem={"mount_path": tmp_path / "gone"})
    )
    assert {name: check.ok for name, check in checks.items()} == {
        "results_db": False,
        "values": False,
        "scheduling": False,
        "files local": False,
        "files mounted": False,
    }
    assert f"{tmp_path}/gone" in checks["files mounted"].detail
    assert str(file) in checks["results_db"].detail
    expected = f"{file} cannot be made (File exists): set LUME_HOME to another folder"
    assert checks["files local"].detail == expected


def test_password_is_not_shown() -> None:
    settings = LUMEServicesSettings(results_db={"url": "sqlite://user:s3cret@host/db"})
    result = outcomes(settings)["results_db"]
    assert not result.ok
    assert "s3cret" not in result.detail
