"""What the SQL store leaves to each kind of database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from lume_services.errors import SettingsError
from lume_services.services.results.sql_filter import JSONColumns
from lume_services.services.results.strict import KEYS

DIALECTS = ("sqlite", "postgresql")


class Row(NamedTuple):
    """A document as the tables hold it; all but the links in the order of their columns."""

    unique_hash: str
    content_hash: str
    project_name: str
    flow_id: str
    data: str
    links: tuple[str, ...]

    @property
    def keys(self) -> dict[str, str]:
        """The texts at the top of the document."""
        return dict(zip(KEYS, self[:4], strict=True))


class Engines(NamedTuple):
    """One pool of connections, by what a transaction is for."""

    writing: Engine
    writing_once: Engine
    """For one statement that writes, and others that read."""
    reading: Engine
    reading_once: Engine


class Dialect(Protocol):
    """One kind of SQL database, as a module; only ``open_engines`` and what follows connect."""

    MAX_BYTES: int
    """The longest document."""

    CLOSE_BEFORE_FORK: bool
    """Whether its connections must not be in a child at all, not even unused."""

    columns: JSONColumns
    """How it looks into documents."""

    def check_url(self, url: URL) -> URL:
        """Return the URL that is used, or raise SettingsError."""

    def open_engines(self, url: URL) -> Engines:
        """Return engines whose connections have timeouts."""

    def lock_schema(self, connection: Connection) -> None:
        """Keep other processes from changing the tables until the transaction ends."""

    def complete_tables(self, connection: Connection) -> None:
        """Add to new tables what this database alone needs."""

    def insert_rows(
        self, connection: Connection, rows: Sequence[Row], alone: bool
    ) -> Collection[str]:
        """Add the rows that no other is in the way of, and their links.

        Alone: while no other transaction adds any, as is done after two were in each other's way.

        Returns the unique hashes of what was added. A single row is added by one statement,
        unless a transaction is sure to be there.
        """

    def prepare_indexing(self, connection: Connection) -> None:
        """Allow the transaction the time to read all documents."""

    def gather_statistics(self, connection: Connection) -> None:
        """Let the database know what there is to find by a new index."""

    def may_repeat(self, error: SQLAlchemyError) -> bool:
        """Say whether a transaction may succeed if it is done again at once."""

    def may_pass(self, error: SQLAlchemyError) -> bool:
        """Say whether the same may succeed a little later, with nothing else done."""

    def is_forbidden(self, error: DBAPIError) -> bool:
        """Say whether the user has no right to what was asked."""

    def next_step(self, error: BaseException, url: URL) -> str:
        """Return what a person can do about a driver's error."""


def dialect_of(url: URL) -> Dialect:
    """Return what goes with the kind of database that a URL names."""
    name = url.get_backend_name()
    if name not in DIALECTS:
        raise SettingsError(
            f"the results database is of the kind {name!r}; this store takes a URL that begins "
            f"with {' or '.join(f'{each}://' for each in DIALECTS)}"
        )
    return cast("Dialect", import_module(f"lume_services.services.results.{name}"))
