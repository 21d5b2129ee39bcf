"""The settings of the Prefect server."""

from __future__ import annotations

from typing import Any

import pytest

from lume_services.errors import InputError, SettingsError
from lume_services.services.scheduling.prefect_server.programs import (
    client_environment,
    run_server,
    server_environment,
)
from lume_services.settings import LUMEServicesSettings


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
    assert server_environment(settings) | {"PREFECT_HOME": ""} == {
        "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": "http://h:1/api",
        "PREFECT_HOME": "",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_AUTH_STRING": "operator:s3cr3t",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://me:pw@host/prefect",
    }
    assert client_environment(settings)["PREFECT_API_AUTH_STRING"] == "operator:s3cr3t"
    shown = repr(settings) + str(settings.model_dump(mode="json"))
    assert ("pw" in shown, "s3cr3t" in shown) == (False, False)


def test_an_open_server_is_not_started_for_everybody() -> None:
    settings = LUMEServicesSettings(prefect={"api_url": "http://0.0.0.0:4200/api"})
    with pytest.raises(InputError, match=r"runs whatever anybody .* set LUME_PREFECT__AUTH_STRING"):
        run_server(settings)
