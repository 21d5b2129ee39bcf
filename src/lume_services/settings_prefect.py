"""Where the Prefect server is, and how it is entered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Secret,
    SecretStr,
    model_validator,
)

from lume_services.settings_problems import mask_url

_DATABASES = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# The clients set them themselves.
_RESERVED = re.compile(
    r"host|user-agent|connection|upgrade|te|trailer|transfer-encoding|content-.*|"
    r"sec-websocket-.*|prefect-csrf-.*",
    re.IGNORECASE,
)


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


def _headers(given: Any) -> Any:
    """Return headers as a mapping; they are given as one, or as JSON of one."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    parts = [*given, *given.values()] if isinstance(given, Mapping) else [None]
    if not all(isinstance(part, str | SecretStr) for part in parts):
        raise ValueError('must be names and texts, like {"X-Token": "..."}')
    for name, value in given.items():
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not (_HEADER.fullmatch(name) and _HEADER_VALUE.fullmatch(text)):
            raise ValueError(
                f"its entry {name!r} is no header of HTTP; names have letters, digits and hyphens, "
                "and values are plain ASCII in one line"
            )
        if _RESERVED.fullmatch(name):
            raise ValueError(f"must leave {name!r} alone, which the clients set themselves")
    return given


class PrefectSettings(BaseModel):
    """The Prefect server of the server backends.

    Parameters
    ----------
    api_url
        Address of its API.
    auth_string
        What it asks of its clients, for example ``user:password``.
    headers
        What is sent with every request besides, for example what a proxy in front of the server
        asks for.
    database_url
        Where a server that is started here keeps everything; SQLite under the home
        directory by default.
    tls_certificate
        The authorities that an ``https`` server's certificate is checked against.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_url: Annotated[str, AfterValidator(_http)] = "http://127.0.0.1:4200/api"
    auth_string: SecretStr | None = None
    headers: Annotated[dict[str, SecretStr], BeforeValidator(_headers)] | None = None
    database_url: Annotated[_ServerDatabaseURL, AfterValidator(_supported)] | None = None
    tls_certificate: Annotated[Path, AfterValidator(_is_file)] | None = None

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        named = {name.lower() for name in self.headers or ()}
        if self.auth_string is not None and "authorization" in named:
            raise ValueError("set either auth_string or the header Authorization, not both")
        return self
