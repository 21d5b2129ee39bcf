"""The settings of the Prefect server."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from lume_services.errors import InputError, SettingsError
from lume_services.services.scheduling.prefect_server.connection import authorization
from lume_services.services.scheduling.prefect_server.programs import (
    client_environment,
    run_server,
    server_environment,
)
from lume_services.settings import LUMEServicesSettings, explain


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"api_url": "host:4200"}, "must be a URL that begins with http://"),
        ({"api_url": "http://me:pw@host/api"}, r"no user and password in it; set prefect\.auth"),
        ({"database_url": "mysql://host/db"}, "must be a URL that begins with postgresql://"),
        ({"tls_certificate": "/no/such.pem"}, "must be an existing file"),
        ({"url": "http://host"}, r"prefect\.url is not a setting. Did you mean"),
    ],
)
def test_what_cannot_be_used_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refusal:
        LUMEServicesSettings(prefect=values)
    assert "pw" not in str(refusal.value)


def test_secrets_reach_programs_by_their_environment_only() -> None:
    url = "postgresql://me:pw@host/prefect"
    settings = LUMEServicesSettings(
        prefect={
            "database_url": url,
            "auth_string": "operator:s3cr3t",
            "api_url": "http://h:1/api/",
        }
    )
    places = dict.fromkeys(("PREFECT_HOME", "PREFECT_SERVER_UI_STATIC_DIRECTORY"), "")
    assert server_environment(settings) | places == {
        **places,
        "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": "http://h:1/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_AUTH_STRING": "operator:s3cr3t",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://me:pw@host/prefect",
        "PREFECT_SERVER_UI_API_URL": "/api",
    }
    assert client_environment(settings)["PREFECT_API_AUTH_STRING"] == "operator:s3cr3t"
    shown = repr(settings) + str(settings.model_dump(mode="json"))
    assert ("pw" in shown, "s3cr3t" in shown) == (False, False)


def test_an_open_server_is_not_started_for_everybody() -> None:
    settings = LUMEServicesSettings(prefect={"api_url": "http://0.0.0.0:4200/api"})
    with pytest.raises(InputError, match=r"runs whatever anybody .* set LUME_PREFECT__AUTH_STRING"):
        run_server(settings)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{"X-Token": 3}', 'prefect.headers.*: must be names and texts, like {"X-Token": "..."}'),
        ("X-Token: s3cr3t", "must be names and texts"),
        ('["s3cr3t"]', "must be names and texts"),
        ({"X Token": "s3cr3t"}, "its entry 'X Token' is no header of HTTP"),
        ({"X-Token": "s3cr3t\r\nHost: else"}, "its entry 'X-Token' is no header of HTTP"),
        ({"X-Token": ""}, "its entry 'X-Token' is no header"),
        ({"Host": "s3cr3t"}, "must leave 'Host' alone, which the clients set themselves"),
        ({"Sec-WebSocket-Key": "s3cr3t"}, "must leave 'Sec-WebSocket-Key' alone"),
    ],
)
def test_what_is_no_header_is_refused_and_not_shown(given: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refusal:
        LUMEServicesSettings(prefect={"headers": given})
    assert "s3cr3t" not in "".join(traceback.format_exception(refusal.value))


def test_there_is_one_authorization() -> None:
    headers = {"authorization": "Bearer s3cr3t"}
    with pytest.raises(SettingsError, match="set either auth_string or the header Authorization"):
        LUMEServicesSettings(prefect={"headers": headers, "auth_string": "operator:s3cr3t"})
    settings = LUMEServicesSettings(prefect={"headers": headers})
    assert authorization(settings.prefect) == headers


@pytest.mark.parametrize("by", ["variable", "file"])
def test_headers_are_sent_and_not_shown(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"X-Token": "s3cr3t", "X-Site": "lab"}
    if by == "variable":
        monkeypatch.setenv("LUME_PREFECT__HEADERS", json.dumps(sent))
    else:
        lines = ["[prefect.headers]", *(f'{name} = "{text}"' for name, text in sent.items())]
        Path("lume.toml").write_text("\n".join(lines))
    settings = LUMEServicesSettings()
    environment = client_environment(settings)
    assert json.loads(environment["PREFECT_CLIENT_CUSTOM_HEADERS"]) == sent
    assert authorization(settings.prefect) == sent
    shown = repr(settings) + str(settings.model_dump(mode="json")) + str(explain(settings))
    assert "s3cr3t" not in shown
