"""Where the Prefect server is, and how it is entered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Secret, SecretStr

from lume_services.settings_problems import mask_url

_DATABASES = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


class _ServerDatabaseURL(Secret[str]):
    def _display(self) -> str:
        return mask_url(self.get_secret_value())


def _http(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must be a URL that begins with http:// or https://")
    if "@" in url:
        raise ValueError("must have no user and password in it; set prefect.auth_string")
    return url.rstrip("/")


def _supported(url: _ServerDatabaseURL) -> _ServerDatabaseURL:
    scheme, separator, rest = url.get_secret_value().partition("://")
    if not separator or scheme.partition("+")[0] not in _DATABASES:
        raise ValueError("must be a URL that begins with postgresql:// or sqlite:///")
    return _ServerDatabaseURL(f"{_DATABASES[scheme.partition('+')[0]]}://{rest}")


def _is_file(path: Path) -> Path:
    if not path.expanduser().is_file():
        raise ValueError("must be an existing file")
    return path.expanduser().absolute()


class PrefectSettings(BaseModel):
    """The Prefect server of the server backends.

    Parameters
    ----------
    api_url
        Address of its API.
    auth_string
        What it asks of its clients, for example ``user:password``.
    database_url
        Where a server that is started here keeps everything; SQLite under the home
        directory by default.
    tls_certificate
        The authorities that an ``https`` server's certificate is checked against.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_url: Annotated[str, AfterValidator(_http)] = "http://127.0.0.1:4200/api"
    auth_string: SecretStr | None = None
    database_url: Annotated[_ServerDatabaseURL, AfterValidator(_supported)] | None = None
    tls_certificate: Annotated[Path, AfterValidator(_is_file)] | None = None
