"""A password in a URL is shown nowhere."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings, ResultsDBSettings, explain
from lume_services.settings_problems import mask_url

URL = "sqlite://user:s3cret@host/db"


def test_representations() -> None:
    settings = LUMEServicesSettings(results_db={"url": URL})
    shown = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())]
    shown += [str(explain(settings)), repr(settings.results_db), str(settings.results_db.url)]
    for text in shown:
        assert "s3cret" not in text
        assert "user:***@host" in text
    assert settings.results_db_url == URL


def test_error_and_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__URL", "nosuch://user:s3cret@host/db")
    with pytest.raises(SettingsError, match=r"'nosuch://user:\*\*\*@host/db'") as caught:
        LUMEServicesSettings()
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_value_of_an_unknown_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__PASSWD", "s3cret")
    with pytest.raises(SettingsError, match="LUME_RESULTS_DB__PASSWD is not a setting") as caught:
        LUMEServicesSettings()
    assert "s3cret" not in str(caught.value)


def test_value_of_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB", '{"password": "s3cret"}')
    with pytest.raises(SettingsError, match="LUME_RESULTS_DB is a section") as caught:
        LUMEServicesSettings()
    assert "s3cret" not in str(caught.value)


def test_section_made_alone() -> None:
    with pytest.raises(ValueError, match="its scheme must be one of") as caught:
        ResultsDBSettings(url="nosuch://user:s3cret@host/db")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("sqlite:////folder/results.sqlite", "sqlite:////folder/results.sqlite"),
        ("sqlite:////a:b@c/results.sqlite", "sqlite:////a:b@c/results.sqlite"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("postgresql://user:pw@host/db", "postgresql://user:***@host/db"),
        (
            "postgresql+psycopg://u:p@ss/w:rd@host:5432/db",
            "postgresql+psycopg://u:***@host:5432/db",
        ),
        ("postgresql://:pw@host/db", "postgresql://:***@host/db"),
        ("postgresql://u:a://b@host/db", "postgresql://u:***@host/db"),
        ("user:pw@host", "user:***@host"),
        ("user:pw://@host", "user:***@host"),
        ("postgresql://host:5432/db?Password=p@ss", "postgresql://host:5432/db?Password=***"),
        (
            "postgresql://host/db?user=u&password=pw&x=1",
            "postgresql://host/db?user=u&password=***&x=1",
        ),
    ],
)
def test_mask(url: str, masked: str) -> None:
    assert mask_url(url) == masked


@given(st.text(min_size=1))
def test_no_password_survives(password: str) -> None:
    assert mask_url(f"postgresql://user:{password}@host/db") == "postgresql://user:***@host/db"
