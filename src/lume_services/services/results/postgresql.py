"""PostgreSQL's part of the SQL store: its connections, its tables, its errors."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import URL, Connection, ExceptionContext, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from lume_services.errors import SettingsError
from lume_services.services.results.postgresql_json import PostgreSQLJSON
from lume_services.services.results.sql_dialect import Engines, Row

# A JSONB array or object holds 256 MB.
MAX_BYTES = 200_000_000

CLOSE_BEFORE_FORK = False

columns = PostgreSQLJSON()

_DRIVER = "postgresql+psycopg"
_POOL = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 60}
# Seconds until a connection, milliseconds until lost data is noticed, seconds until a probe.
_CONNECTION = {
    "connect_timeout": "10",
    "tcp_user_timeout": "60000",
    "keepalives_idle": "60",
    "application_name": "lume-services",
}
_SESSION = {
    "statement_timeout": "5min",
    "lock_timeout": "1min",
    "idle_in_transaction_session_timeout": "1h",
    "standard_conforming_strings": "on",
    # What is found is mostly read to the end; else plans are for the first tenth.
    "cursor_tuple_fraction": "1",
}
# One statement for many rows, of few parameters, with their links. Transactions that add the same
# rows in different orders wait for each other; who was dropped for that goes on alone.
_INSERT = """
WITH turn AS MATERIALIZED (SELECT {lock}(CAST(:key AS bigint))), added AS (
    INSERT INTO results (unique_hash, content_hash, project_name, flow_id, data)
    SELECT * FROM unnest(CAST(:unique_hash AS text[]), CAST(:content_hash AS text[]),
        CAST(:project_name AS text[]), CAST(:flow_id AS text[]), CAST(:data AS text[])) AS entry
    WHERE EXISTS (SELECT * FROM turn)
    ON CONFLICT DO NOTHING RETURNING unique_hash, id
), linked AS (
    INSERT INTO links (link, result_id)
    SELECT link, id
    FROM unnest(CAST(:link AS text[]), CAST(:linking AS text[])) AS pair (link, unique_hash)
    JOIN added USING (unique_hash)
)
SELECT unique_hash FROM added
"""
_INSERT_BESIDE_OTHERS = text(_INSERT.format(lock="pg_advisory_xact_lock_shared"))
_INSERT_ALONE = text(_INSERT.format(lock="pg_advisory_xact_lock"))
_LOCK, _INSERT_LOCK = 0x6C756D65, 0x6C756D66
_SERIALIZATION, _DEADLOCK, _FORBIDDEN = "40001", "40P01", "42501"
_TRY_AGAIN = "try again; if it goes on, see the server's log"
# Lost connections, conflicts, a lack of something, locks, a server that stops or starts.
_PASSING = ("08", "40", "53", "55P03", "57P")
_STATES = {
    "08": _TRY_AGAIN,
    "25006": "it is a copy that cannot be written; name the primary server",
    "28": "check the user and the password in the URL, and the server's pg_hba.conf",
    _FORBIDDEN: (
        "use a user that may do this, or ask the owner of the database to grant it to {user}"
    ),
    "53100": "free space on the disk of the server; nothing was saved",
    "53300": "end some of its sessions, or raise its max_connections",
    "53": "give the server more memory, or ask for less at a time; nothing was saved",
    "54": "make the document smaller: save large values as files",
    "55P03": "another session holds a lock; end that session, or try again later",
    "57014": (
        "narrow the query, or make it fast with `lume-services results index PATH`; "
        "?options=-c%20statement_timeout%3D1h at the end of the URL gives it more time"
    ),
    "57P03": "the server is starting or stopping; try again in a moment",
    "57P": _TRY_AGAIN,
    "25P03": "read or close what find returns within an hour",
}
# Of an attempt to connect the driver tells the text alone.
_MESSAGES = {
    "QueuePool": "read to the end or close what find returns: each keeps a connection until then",
    "authentication failed": "check the user and the password in the URL",
    "no password supplied": "give the password in the URL, or in a file with ?passfile=PATH",
    "no pg_hba.conf entry": "allow this host, user and database in the server's pg_hba.conf",
    'role "': "check the user in the URL, or make it with createuser {user}",
    'database "': "make it with `createdb {database}`, or correct the name in the URL",
    "resolve host": "check the name of the host in the URL",
    "translate host name": "check the name of the host in the URL",
    "refused": "check host and port in the URL, and that the server is running",
    "timeout": "check host and port in the URL, and that no firewall is in between",
    "starting up": "the server is starting; try again in a moment",
    "shutting down": "the server is stopping; try again in a moment",
    "too many": "end some of its sessions, or raise its max_connections",
    "certificate": "check sslmode and sslrootcert in the URL",
    "SSL": "check sslmode in the URL, and the server's settings for TLS",
    "invalid connection option": "correct the options after ? in the URL",
    "closed the connection": _TRY_AGAIN,
    "connection is lost": _TRY_AGAIN,
    "could not extend file": "free space on the disk of the server; nothing was saved",
}
# Of what the driver tells by its text alone, what stays until somebody does something.
_STAYING = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|does not exist|"
    r"certificate|does not support SSL|invalid connection option"
)


def check_url(url: URL) -> URL:
    """Return the URL for psycopg, with time limits where it names none."""
    if url.drivername not in ("postgresql", _DRIVER):
        raise SettingsError(
            f"the results database {url.drivername}://… names a driver that is not used here; "
            "write postgresql://"
        )
    if not url.database:
        raise SettingsError(
            "the URL of the results database names no database; write "
            "postgresql://user@host:5432/database"
        )
    try:
        (url.host or "").encode("idna")
    except UnicodeError:
        raise SettingsError(
            f"the URL of the results database names no possible host, {url.host!r}; write "
            "postgresql://user@host:5432/database"
        ) from None
    given = dict(url.query)
    session = [f"-c {name}={value}" for name, value in _SESSION.items()]
    options = " ".join([*session, *_as_list(given.pop("options", ()))])
    return url.set(drivername=_DRIVER, query={**_CONNECTION, **given, "options": options})


def _as_list(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def open_engines(url: URL) -> Engines:
    """Return engines that share few connections."""
    engine = create_engine(url, hide_parameters=True, **_POOL)
    event.listen(engine, "handle_error", _close_lost_cursor)
    # A statement alone needs none of the round trips that begin and end a transaction.
    once = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Engines(engine, once, engine, once)


def _close_lost_cursor(context: ExceptionContext) -> None:
    # SQLAlchemy leaves it to the collector, about which the driver complains.
    if context.is_disconnect and context.execution_context is not None:
        context.execution_context.cursor.close()


def lock_schema(connection: Connection) -> None:
    """Wait for others that make or change the tables, and keep them waiting."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def complete_tables(connection: Connection) -> None:
    """Add the binary copy that queries look into, and an index of all that is in it."""
    connection.execute(
        text(
            "ALTER TABLE results "
            "ADD COLUMN search jsonb GENERATED ALWAYS AS (CAST(data AS jsonb)) STORED"
        )
    )
    connection.execute(
        text("CREATE INDEX results_search ON results USING gin (search jsonb_path_ops)")
    )


def insert_rows(connection: Connection, rows: Sequence[Row], alone: bool) -> Collection[str]:
    """Add the rows that no other is in the way of, and their links."""
    *columns, linked = zip(*rows, strict=True)
    values = {
        **dict(zip(Row._fields, map(_array, columns), strict=False)),
        "link": _array(link for links in linked for link in links),
        "linking": _array(row.unique_hash for row in rows for _ in row.links),
        "key": _INSERT_LOCK,
    }
    return list(connection.scalars(_INSERT_ALONE if alone else _INSERT_BESIDE_OTHERS, values))


def _array(texts: Iterable[str]) -> str:
    # The driver takes many times longer for its arrays.
    escaped = (text.replace("\\", r"\\").replace('"', r"\"") for text in texts)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"


def prepare_indexing(connection: Connection) -> None:
    """Lift the time limit of the transaction."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))


def gather_statistics(connection: Connection) -> None:
    """Let PostgreSQL look at a sample of each index."""
    connection.execute(text("ANALYZE results"))


def may_repeat(error: SQLAlchemyError) -> bool:
    """Say whether the connection was dropped, or another transaction was in the way."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in (_SERIALIZATION, _DEADLOCK)


def may_pass(error: SQLAlchemyError) -> bool:
    """Say whether the server was not there, stopped, or had too much to do."""
    if not isinstance(error, OperationalError):
        return isinstance(error, PoolTimeoutError)
    state = getattr(error.orig, "sqlstate", None)
    return state.startswith(_PASSING) if state else not _STAYING.search(str(error.orig))


def is_forbidden(error: DBAPIError) -> bool:
    """Say whether the user has no right to what was asked."""
    return getattr(error.orig, "sqlstate", None) == _FORBIDDEN


def next_step(error: BaseException, url: URL) -> str:
    """Return what a person can do about a driver's error."""
    state, message = getattr(error, "sqlstate", None) or "", str(error)
    for code, step in _STATES.items():
        if state.startswith(code):
            return step.format(user=url.username, database=url.database)
    for words, step in _MESSAGES.items():
        if words in message:
            return step.format(user=url.username, database=url.database)
    return "see the cause above, and `lume-services config check`"
