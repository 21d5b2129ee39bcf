"""The settings of the results database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    Secret,
    SecretStr,
    field_validator,
    model_validator,
)

from lume_services import settings_mongodb as mongodb
from lume_services.errors import SettingsError
from lume_services.settings_problems import mask_url
from lume_services.settings_section import Section, no_bool, one_of

RESULTS_DBS = "lume_services.results_dbs"

_Text = Annotated[str, Field(min_length=1)]


class DatabaseURL(Secret[str]):
    """A database URL that is shown without its password."""

    def _display(self) -> str:
        return mask_url(self.get_secret_value())


class DatabaseOptions(Secret[str]):
    """The options of a database URL, shown without passwords."""

    def _display(self) -> str:
        return mask_url(f"?{self.get_secret_value()}")[1:]


def _fit_for_stores(size: ByteSize) -> ByteSize:
    # Of 16 MiB, the most that MongoDB takes, several such fields leave a part free.
    if not 1 << 10 <= size <= 2 << 20:
        raise ValueError("must be between 1KiB and 2MiB")
    return size


class ResultsDBSettings(Section):
    """Where database results are kept; without a URL or host, in SQLite under the home directory.

    The settings from ``host`` to ``options`` are those of MongoDB, in place of a URL.
    """

    url: DatabaseURL | None = None
    host: Annotated[str, AfterValidator(mongodb.check_hosts)] | None = None
    port: Annotated[int, BeforeValidator(no_bool), Field(ge=1, le=65535)] | None = None
    username: _Text | None = None
    password: Annotated[SecretStr, Field(min_length=1)] | None = None
    password_file: Path | None = None
    database: _Text | None = None
    authmechanism: (
        Literal[
            "DEFAULT",
            "GSSAPI",
            "MONGODB-AWS",
            "MONGODB-OIDC",
            "MONGODB-X509",
            "PLAIN",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
        ]
        | None
    ) = None
    options: Annotated[DatabaseOptions, BeforeValidator(mongodb.options_text)] | None = None
    inline_limit: Annotated[ByteSize, BeforeValidator(no_bool), AfterValidator(_fit_for_stores)] = (
        ByteSize(256 << 10)
    )
    values_filesystem: Annotated[str, Field(min_length=1)] | None = None
    retry_seconds: Annotated[float, BeforeValidator(no_bool), Field(ge=0, le=86_400)] = 60.0

    @field_validator("url")
    @classmethod
    def _scheme_is_installed(cls, url: DatabaseURL | None) -> DatabaseURL | None:
        if url is not None:
            text = url.get_secret_value()
            if "://" not in text:
                raise ValueError("must be a URL, for example sqlite:////folder/results.sqlite")
            try:
                one_of(scheme(text), RESULTS_DBS)
            except ValueError as error:
                raise ValueError(f"its scheme {error}") from None
        return url

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        parts = [name for name in _PARTS if getattr(self, name) is not None]
        if parts and self.url is not None:
            raise ValueError(f"set either url or {', '.join(parts)}, not both")
        if parts and self.host is None:
            raise ValueError(f"{', '.join(parts)} without host; set host, or remove the others")
        if self.password is not None and self.password_file is not None:
            raise ValueError("set either password or password_file, not both")
        if self.username is None and (self.password or self.password_file):
            raise ValueError("a password without username; set username, too")
        return self

    @property
    def address(self) -> str | None:
        """URL with its password; None for the embedded database."""
        if self.url is not None:
            return self.url.get_secret_value()
        if self.host is None:
            return None
        given = self.options.get_secret_value() if self.options else ""
        chosen = self.authmechanism not in (None, "DEFAULT")
        mechanism = f"authMechanism={self.authmechanism}" if chosen else ""
        options = "&".join(part for part in (given, mechanism) if part)
        password = self.password_in_use
        login = self.username, password.get_secret_value() if password else None
        return mongodb.url(self.host, self.port, login, self.database, options)

    @property
    def password_in_use(self) -> SecretStr | None:
        """The password, also where it stands in a file."""
        if self.password_file is None:
            return self.password
        try:
            text = self.password_file.expanduser().read_text(encoding="utf-8")
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"the file {self.password_file} of results_db.password_file cannot be read: "
                f"{type(error).__name__}. Correct the path or its permissions."
            ) from None
        return SecretStr(text.removesuffix("\n").removesuffix("\r"))


_PARTS = (
    *("host", "port", "username", "password", "password_file"),
    *("database", "authmechanism", "options"),
)


def scheme(url: str) -> str:
    """Return the kind of database of a URL: ``postgresql`` for ``postgresql+driver://``."""
    return url.partition("://")[0].partition("+")[0]
