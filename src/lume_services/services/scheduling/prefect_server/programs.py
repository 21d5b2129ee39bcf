"""The programs that run on their own: the Prefect server, and what they get as environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lume_services.errors import InputError
from lume_services.services.scheduling import local_api
from lume_services.services.scheduling.prefect_server.connection import headers
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_sources import CONFIG_FILE_VARIABLE, find_config_file

# The name of `closing`, whose import takes SQLAlchemy's time.
_CLOSING_CURSORS = "lume_closing_cursors"
_NO_AUTHORITY = Path(local_api.__file__).with_name("no_ca.pem")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def server_environment(settings: LUMEServicesSettings) -> dict[str, str]:
    """Return what a Prefect server is told: where it keeps everything, and whom it lets in.

    Parameters
    ----------
    settings
        All settings.
    """
    url = settings.prefect.database_url
    file = settings.home / "prefect-server.sqlite"
    database = f"sqlite+aiosqlite:///{file}?plugin={_CLOSING_CURSORS}"
    secret = settings.prefect.auth_string
    return {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": settings.prefect.api_url,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url.get_secret_value() if url else database,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Not beside Prefect's code, which others may own; and whatever name a browser knows us by.
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(settings.home / "prefect" / "ui"),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "DO_NOT_TRACK": "1",
        **({"PREFECT_SERVER_API_AUTH_STRING": secret.get_secret_value()} if secret else {}),
    }


def client_environment(settings: LUMEServicesSettings) -> dict[str, str]:
    """Return what a program of Prefect's needs to reach the server.

    Parameters
    ----------
    settings
        All settings.
    """
    secret, certificate = settings.prefect.auth_string, settings.prefect.tls_certificate
    extra = headers(settings.prefect)
    if not settings.prefect.api_url.startswith("https:"):
        # Each client would load the authorities of the world, 20 ms, for nothing.
        certificate = _NO_AUTHORITY
    return {
        "PREFECT_API_URL": settings.prefect.api_url,
        # Each of the clients in a flow's process would ask first, and the answer is known.
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        # After 2, 4, 8 seconds and so on: four minutes for a server to be started again.
        "PREFECT_CLIENT_MAX_RETRIES": "7",
        "DO_NOT_TRACK": "1",
        **({"PREFECT_API_AUTH_STRING": secret.get_secret_value()} if secret else {}),
        **({"PREFECT_CLIENT_CUSTOM_HEADERS": json.dumps(extra)} if extra else {}),
        **({"PREFECT_API_SSL_CERT_FILE": str(certificate)} if certificate else {}),
    }


def flow_environment(settings: LUMEServicesSettings, directory: Path) -> dict[str, str]:
    """Return what the flows that a worker starts get besides the worker's own environment.

    Parameters
    ----------
    settings
        All settings of the worker.
    directory
        Where the worker was started: flows may be in modules there.
    """
    path = os.pathsep.join(filter(None, [str(directory), os.environ.get("PYTHONPATH")]))
    found = find_config_file(os.environ, directory)
    # So that the ``python`` that is started is this one.
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {
        **client_environment(settings),
        **({} if found is None else {CONFIG_FILE_VARIABLE: str(found)}),
        "LUME_BACKEND": settings.backend,
        "LUME_HOME": str(settings.home),
        "LUME_PREFECT__API_URL": settings.prefect.api_url,
        "PATH": programs,
        "PYTHONPATH": path,
    }


def run_server(settings: LUMEServicesSettings) -> None:
    """Become a Prefect server at the address that the settings name; does not return.

    Raises
    ------
    InputError
        If others could reach it, and would be let in without an authentication string.
    """
    address = urlsplit(settings.prefect.api_url)
    host = address.hostname or ""
    if host not in _LOOPBACK and settings.prefect.auth_string is None:
        raise InputError(
            f"a server at {settings.prefect.api_url} runs whatever anybody who reaches it asks "
            "for; set LUME_PREFECT__AUTH_STRING to USER:PASSWORD, here and for its clients, or "
            "let it serve 127.0.0.1 only."
        )
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = str(address.port or (443 if address.scheme == "https" else 80))
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", port]
    os.execve(sys.executable, command, environment(server_environment(settings)))  # noqa: S606


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with other variables, and no others of Prefect's."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, **own}
