"""Every wrong setting is refused by its name, source, value and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings

MOUNT = "LUME_MOUNTED_FILESYSTEM__"

WRONG_VARIABLES = [
    (
        {"LUME_BACKEND": "locl"},
        "LUME_BACKEND is 'locl': must be one of docker, kubernetes, local",
    ),
    ({"LUME_BACKEND": ""}, "LUME_BACKEND is '': must be one of docker, kubernetes, local"),
    (
        {"LUME_HOME": "data"},
        "LUME_HOME is 'data': must be an absolute path, or begin with ~",
    ),
    ({"LUME_HOME": "/a?b"}, "LUME_HOME is '/a?b': must not contain '?' or '%'"),
    ({"LUME_HOME": "/a%20b"}, "LUME_HOME is '/a%20b': must not contain '?' or '%'"),
    ({"LUME_HOME": ""}, "LUME_HOME is '': must be an absolute path"),
    (
        {"LUME_HOME": "~nobody-of-this-name/x"},
        (
            "LUME_HOME is '~nobody-of-this-name/x': could not determine home "
            "directory.; give an absolute path"
        ),
    ),
    (
        {"LUME_RESULTS_DB__URL": "results.sqlite"},
        (
            "LUME_RESULTS_DB__URL is 'results.sqlite': must be a URL, for "
            "example sqlite:////folder/results.sqlite"
        ),
    ),
    (
        {"LUME_RESULTS_DB__URL": "nosuch+driver://host/db"},
        ("LUME_RESULTS_DB__URL is 'nosuch+driver://host/db': its scheme must be one of "),
    ),
    (
        {"LUME_SCHEDULING__MAX_CONCURRENT_FLOWS": "0"},
        ("LUME_SCHEDULING__MAX_CONCURRENT_FLOWS is '0': input should be greater than 0"),
    ),
    (
        {"LUME_SCHEDULING__MAX_CONCURRENT_FLOWS": "many"},
        ("LUME_SCHEDULING__MAX_CONCURRENT_FLOWS is 'many': input should be a valid integer"),
    ),
    (
        {f"{MOUNT}MOUNT_ALIAS": "/mnt/data"},
        (
            "mounted_filesystem.mount_path (LUME_MOUNTED_FILESYSTEM__MOUNT_PATH) is missing, but "
            "needed with environment variable LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS."
        ),
    ),
    (
        {f"{MOUNT}MOUNT_PATH": "/data", f"{MOUNT}MOUNT_ALIAS": "mnt"},
        (
            "LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS is 'mnt': must be an absolute "
            "path inside the container"
        ),
    ),
    (
        {f"{MOUNT}MOUNT_PATH": "/data", f"{MOUNT}MOUNT_TYPE": "Folder"},
        (
            "LUME_MOUNTED_FILESYSTEM__MOUNT_TYPE is 'Folder': input should be "
            "'Directory' or 'DirectoryOrCreate'"
        ),
    ),
    (
        {f"{MOUNT}MOUNT_PATH": "/data", f"{MOUNT}IDENTIFIER": "local"},
        "LUME_MOUNTED_FILESYSTEM__IDENTIFIER is 'local': must be another name",
    ),
    (
        {f"{MOUNT}MOUNT_PATH": "/data", f"{MOUNT}IDENTIFIER": ""},
        ("LUME_MOUNTED_FILESYSTEM__IDENTIFIER is '': string should have at least 1 character"),
    ),
    (
        {f"{MOUNT}MOUNT_PATH": "/data", f"{MOUNT}MOUNT_ALIAS": "/data/inner"},
        (
            "LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS and environment variable "
            "LUME_MOUNTED_FILESYSTEM__MOUNT_PATH: of mount_path and mount_alias, neither may lie "
            "inside the other"
        ),
    ),
    (
        {"LUME_BACKND": "local"},
        "LUME_BACKND is not a setting. Did you mean LUME_BACKEND?",
    ),
    (
        {"LUME_CONFIGFILE": "x"},
        "LUME_CONFIGFILE is not a setting. Did you mean LUME_CONFIG_FILE?",
    ),
    (
        {"LUME_Backend": "local"},
        "LUME_Backend is not a setting. Did you mean LUME_BACKEND?",
    ),
    (
        {"LUME_XYZZY": "1"},
        (
            "LUME_XYZZY is not a setting. Settings are LUME_BACKEND, LUME_HOME, "
            "LUME_RESULTS_DB__URL, LUME_RESULTS_DB__HOST, "
        ),
    ),
    (
        {"LUME_RESULTS_DB__HOSTS": "db.example"},
        ("LUME_RESULTS_DB__HOSTS is not a setting. Did you mean LUME_RESULTS_DB__HOST?"),
    ),
    (
        {"LUME_RESULTS_DB__INLINE_LIMIT": "100"},
        ("LUME_RESULTS_DB__INLINE_LIMIT is '100': must be between 1KiB and 2MiB"),
    ),
    (
        {"LUME_RESULTS_DB__INLINE_LIMIT": "much"},
        ("LUME_RESULTS_DB__INLINE_LIMIT is 'much': could not parse value and unit"),
    ),
    (
        {"LUME_RESULTS_DB__URL__X": "1"},
        ("LUME_RESULTS_DB__URL__X is not a setting. Did you mean LUME_RESULTS_DB__URL?"),
    ),
    (
        {"LUME_RESULTS_DB__URL": "sqlite:////r.sqlite", "LUME_RESULTS_DB__URL__X": "1"},
        "LUME_RESULTS_DB__URL__X is not a setting.",
    ),
    (
        {"LUME_SCHEDULING": "4"},
        (
            "LUME_SCHEDULING is a section and takes no value itself; set "
            "LUME_SCHEDULING__MAX_CONCURRENT_FLOWS"
        ),
    ),
    ({"LUME_": "1"}, "LUME_ is not a setting."),
]


@pytest.mark.parametrize(("variables", "message"), WRONG_VARIABLES)
def test_environment(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        LUMEServicesSettings()
    assert f"environment variable {list(variables)[-1]}" in str(caught.value)


WRONG_FILES = [
    ("backend = 'locl'", "{file}:1: backend is 'locl': must be one of docker, kubernetes, local"),
    ("backend = 3", "{file}:1: backend is 3: input should be a valid string"),
    (
        "mounted_filesystem.mount_path = 1979-05-27",
        "{file}:1: mounted_filesystem.mount_path is datetime.date(1979, 5, 27): input is not a",
    ),
    ("\n[scheduling]\nmax_flows = 3", "{file}:3: scheduling.max_flows is not a setting. Did you"),
    (
        "scheduling = {max_concurrent_flows = true}",
        "{file}:1: scheduling.max_concurrent_flows is True: must be an integer",
    ),
    (
        "scheduling.max_concurrent_flows = [1]",
        "{file}:1: scheduling.max_concurrent_flows is [1]: input should be a valid integer",
    ),
    ("[scheduler]\nx = 1", "{file}:2: scheduler.x is not a setting."),
    ("[[scheduling]]\nx = 1", "scheduling is a section and takes no value itself; set scheduling."),
    ("[backend]", "{file}:1: backend is {{}}: input should be a valid string"),
    (
        "[mounted_filesystem]",
        (
            "mounted_filesystem.mount_path (LUME_MOUNTED_FILESYSTEM__MOUNT_PATH) is missing, but "
            "needed with {file}:1: mounted_filesystem."
        ),
    ),
    ("'results_db'.\"passwd\" = 's3cret'", "{file}:1: results_db.passwd is not a setting."),
]


@pytest.mark.parametrize(("text", "message"), WRONG_FILES)
def test_config_file(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "lume.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(message.format(file=file))) as caught:
        LUMEServicesSettings()
    assert "s3cret" not in str(caught.value)


def test_keywords() -> None:
    with pytest.raises(
        SettingsError, match=r"argument backnd is not a setting\. Did you mean back"
    ):
        LUMEServicesSettings(backnd="local")
    with pytest.raises(SettingsError, match=r"argument scheduling\.max_concurrent_flows is True"):
        LUMEServicesSettings(scheduling={"max_concurrent_flows": True})
    with pytest.raises(SettingsError, match="argument results_db is a section and takes no value"):
        LUMEServicesSettings(results_db=3)


def test_all_problems_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lume.toml").write_text("backend = 'x'\nbackends = 'y'\n")
    monkeypatch.setenv("LUME_HOME", "here")
    with pytest.raises(SettingsError, match="backend is 'x'") as caught:
        LUMEServicesSettings(scheduling={"max_concurrent_flows": -1})
    lines = str(caught.value).splitlines()
    assert [line.split(" is ")[0].rpartition(" ")[2] for line in lines] == [
        "backend",
        "LUME_HOME",
        "scheduling.max_concurrent_flows",
        "backends",
    ]


def test_settings_do_not_change() -> None:
    settings = LUMEServicesSettings()
    with pytest.raises(ValueError, match="Instance is frozen"):
        settings.backend = "other"
