"""Finding and reading ``lume.toml``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_sources import Given, flatten, leaves, nested


def flows() -> int:
    return LUMEServicesSettings().scheduling.max_concurrent_flows


def test_nearest_file_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (tmp_path / "lume.toml").write_text("scheduling.max_concurrent_flows = 2")
    monkeypatch.chdir(inner)
    assert flows() == 2
    (tmp_path / "a" / "lume.toml").write_text("scheduling.max_concurrent_flows = 3")
    assert flows() == 3


def test_directory_of_that_name_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "inner"
    (inner / "lume.toml").mkdir(parents=True)
    (tmp_path / "lume.toml").write_text("scheduling.max_concurrent_flows = 2")
    monkeypatch.chdir(inner)
    assert flows() == 2


def test_named_file_instead_of_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lume.toml").write_text("scheduling.max_concurrent_flows = 2")
    (tmp_path / "other.toml").write_text("scheduling.max_concurrent_flows = 5")
    monkeypatch.setenv("LUME_CONFIG_FILE", "other.toml")
    assert flows() == 5


@pytest.mark.parametrize("name", ["gone.toml", "", "."])
def test_named_file_must_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_CONFIG_FILE", name)
    message = f"environment variable LUME_CONFIG_FILE is {name!r}, and there is no such file"
    with pytest.raises(SettingsError, match=re.escape(message)):
        LUMEServicesSettings()


def test_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "lume.toml"
    file.write_text("backend = 'local'\nhome = \n")
    message = f"{file}:2: not valid TOML: Invalid value. Correct the file."
    with pytest.raises(SettingsError, match=re.escape(message)):
        LUMEServicesSettings()


def test_syntax_error_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "lume.toml"
    file.write_text("backend = 'local'\nhome")
    with pytest.raises(SettingsError, match=re.escape(f"{file}: not valid TOML: Expected '='")):
        LUMEServicesSettings()


def test_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "lume.toml"
    file.write_bytes(b"backend = '\xff'")
    with pytest.raises(SettingsError, match=re.escape(f"{file} cannot be read as UTF-8 text")):
        LUMEServicesSettings()


def test_file_saved_by_a_windows_editor(tmp_path: Path) -> None:
    (tmp_path / "lume.toml").write_bytes(
        b"\xef\xbb\xbf[scheduling]\r\nmax_concurrent_flows = 2\r\n"
    )
    assert flows() == 2


keys = st.text(alphabet="abc_-", min_size=1, max_size=4)
tables = st.recursive(st.integers(), lambda inner: st.dictionaries(keys, inner), max_leaves=8)


@given(st.dictionaries(keys, tables))
def test_tables_survive_flattening(table: dict[str, object]) -> None:
    assert nested(dict(leaves(table))) == table
    assert {path: item.value for path, item in flatten(table).items()} == dict(leaves(table))


@given(st.dictionaries(st.lists(keys, min_size=1, max_size=4).map(tuple), st.integers()))
def test_deeper_value_wins_over_one_above_it(values: dict[tuple[str, ...], int]) -> None:
    kept = dict(leaves(nested(values)))
    for path, value in values.items():
        above_another = any(other[: len(path)] == path for other in values if other != path)
        assert (path in kept) is not above_another
        assert above_another or kept[path] == value


def test_origin_shows_no_value() -> None:
    assert "s3cret" not in repr(Given("s3cret", "environment variable LUME_X"))
