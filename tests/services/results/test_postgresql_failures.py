"""A server that stops, refuses, is slow or is full."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from results_model import document
from sqlalchemy import event

from lume_services.errors import SettingsError, StoreUnavailableError
from lume_services.services.results import postgresql as dialect
from lume_services.services.results.sql import SQLResultsDB
from servers import free_port
from servers.postgresql import PASSWORD, PostgreSQL, running


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgreSQL]:
    """Return a server that may be stopped."""
    with running() as server:
        yield server


@pytest.fixture
def own_db(own_server: PostgreSQL) -> Iterator[SQLResultsDB]:
    with closing(SQLResultsDB(own_server.url("postgres"))) as db:
        db.delete({})
        yield db


@pytest.fixture
def db(postgresql_url: str) -> Iterator[SQLResultsDB]:
    with closing(SQLResultsDB(postgresql_url)) as db:
        yield db


def restart(server: PostgreSQL, mode: str) -> None:
    server.stop(mode)
    server.start()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_between_uses_is_not_noticed(
    own_server: PostgreSQL, own_db: SQLResultsDB, mode: str
) -> None:
    uses: list[tuple[Callable[[], object], object]] = [
        (lambda: own_db.insert_many([document(1), document(2, x=1)]), 2),
        (lambda: own_db.insert(document(3, x=1)), True),
        (lambda: own_db.count({}), 3),
        (lambda: len(list(own_db.find({}))), 3),
        (lambda: len(list(own_db.find({}, limit=2))), 2),
        (lambda: own_db.delete({"x": 1}), 2),
    ]
    for use, expected in uses:
        own_db.count({})
        restart(own_server, mode)
        assert use() == expected


def test_a_restart_while_reading_is_an_error(own_server: PostgreSQL, own_db: SQLResultsDB) -> None:
    own_db.insert_many([document(number) for number in range(300)])
    reading = own_db.find({})
    assert next(reading)["flow_id"] == "run-0"
    restart(own_server, "fast")
    with pytest.raises(StoreUnavailableError, match=r"administrator|closed the conn.*: try again"):
        list(reading)
    assert len(list(own_db.find({}))) == 300


def test_a_server_that_has_stopped(own_server: PostgreSQL, own_db: SQLResultsDB) -> None:
    own_db.insert(document())
    own_server.stop()
    try:
        for use in (lambda: own_db.count({}), lambda: own_db.insert(document(1))):
            with pytest.raises(StoreUnavailableError, match="check host and port in the URL, and"):
                use()
    finally:
        own_server.start()
    assert own_db.count({}) == 1


@contextmanager
def locked(url: str, mode: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE results IN {mode} MODE")
        yield


def waiting(server: PostgreSQL) -> list[int]:
    """Return the processes of the server that wait for a lock, once there are any."""
    ask = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in range(400):
        if found := server.execute(ask):
            return [pid for (pid,) in found]
        time.sleep(0.05)
    pytest.fail("nothing waits for a lock")


@pytest.mark.parametrize("count", [1, 3])
def test_a_writer_whose_session_is_killed_writes_again(
    postgresql: PostgreSQL, postgresql_url: str, db: SQLResultsDB, count: int
) -> None:
    assert db.count({}) == 0
    added: list[int] = []
    documents = [document(number) for number in range(count)]
    writer = threading.Thread(target=lambda: added.append(db.insert_many(documents)))
    with locked(postgresql_url, "EXCLUSIVE"):
        writer.start()
        for process in waiting(postgresql):
            postgresql.execute(f"SELECT pg_terminate_backend({process})")
    writer.join()
    assert added == [count]
    assert db.count({}) == count


def kill_at_commit(postgresql: PostgreSQL, db: SQLResultsDB) -> None:
    """Let the server lose the next transaction just when it is to be committed."""
    assert db._opened is not None
    engine = db._opened.writing

    def kill(connection: Any) -> None:
        process = connection.connection.dbapi_connection.info.backend_pid
        postgresql.execute(f"SELECT pg_terminate_backend({process}, 5000)")

    event.listen(engine, "commit", kill, once=True)


def test_an_insert_that_may_be_lost_is_done_again(postgresql: PostgreSQL, db: SQLResultsDB) -> None:
    assert db.count({}) == 0
    kill_at_commit(postgresql, db)
    assert db.insert_many([document(1), document(2)]) == 2
    assert db.count({}) == 2


def test_a_delete_that_may_be_done_is_not_done_again(
    postgresql: PostgreSQL, db: SQLResultsDB
) -> None:
    db.insert_many([document(1), document(2)])
    kill_at_commit(postgresql, db)
    with pytest.raises(StoreUnavailableError, match=r"cannot be used \(.*\): try again"):
        db.delete({})
    assert db.delete({}) == 2


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("statement_timeout", "statement timeout.*`lume-services results index PATH`.*more time"),
        ("lock_timeout", "lock timeout.*another session holds a lock; end that session"),
    ],
)
def test_waiting_ends(postgresql_url: str, db: SQLResultsDB, option: str, message: str) -> None:
    db.insert(document())
    url = f"{postgresql_url}?options=-c%20{option}%3D100"
    with (
        closing(SQLResultsDB(url)) as impatient,
        locked(postgresql_url, "ACCESS EXCLUSIVE"),
        pytest.raises(StoreUnavailableError, match=message),
    ):
        list(impatient.find({}))


def test_finds_that_are_left_open(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dialect._POOL, "pool_timeout", 0.2)
    with closing(SQLResultsDB(postgresql_url)) as db:
        db.insert_many([document(number) for number in range(200)])
        left_open = [db.find({}) for _ in range(15)]
        for each in left_open:
            next(each)
        with pytest.raises(StoreUnavailableError, match="read to the end or close what find ret"):
            db.count({})
        for each in left_open:
            each.close()
        assert db.count({}) == 200


def test_a_full_disk_saves_nothing() -> None:
    with running() as server, closing(SQLResultsDB(server.url("postgres"))) as db:
        db.insert(document())
        server.stop()
        # Met by a real write, as the end of a disk is.
        server.start(file_size=20_000_000)
        chance = random.Random(0)
        texts = (chance.randbytes(600_000).hex() for _ in range(18))
        with pytest.raises(StoreUnavailableError, match="free space on the disk of the server; n"):
            db.insert_many([document(1 + number, x=text) for number, text in enumerate(texts)])
        assert db.count({}) == 1
        assert db.insert(document(99)) is True


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda u: u.replace(PASSWORD, "wrong-word"), "authentication failed.*check the user and"),
        (lambda u: u.replace(f":{PASSWORD}", ""), "no password supplied.*with .passfile=PATH"),
        (lambda u: u.replace("//postgres:", "//nobody-we-know:"), "check the user and the passw"),
        (lambda u: u + "x", r"does not exist.*`createdb test_\w+x`, or correct the name"),
        (
            lambda u: u.replace("127.0.0.1", "no-such-host.invalid"),
            "check the name of the host in the URL",
        ),
        (lambda u: f"{u}?sslmode=require", "check sslmode in the URL, and the server's settings"),
        (lambda u: f"{u}?nonsense=1", "correct the options after . in the URL"),
        (lambda u: f"{u}?options=-c%20nonsense%3D1", "nonsense.*see the cause above"),
    ],
    ids=["password", "no password", "user", "database", "host", "tls", "option", "setting"],
)
def test_a_url_that_does_not_fit(
    postgresql_url: str, change: Callable[[str], str], message: str
) -> None:
    url = change(postgresql_url)
    db = SQLResultsDB(url)
    with pytest.raises(StoreUnavailableError, match=message) as caught:
        db.count({})
    shown = f"{caught.value}{caught.value.__cause__}{db!r}"
    assert "pass-word" not in shown
    assert "wrong-word" not in shown


def test_nothing_listens() -> None:
    url = f"postgresql://u:secret@127.0.0.1:{free_port()}/d"
    with pytest.raises(StoreUnavailableError, match=r"refused.*check host and port in the URL"):
        SQLResultsDB(url).count({})


def test_nothing_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f"postgresql://u:secret@127.0.0.1:{port}/d?connect_timeout=2"
        with pytest.raises(StoreUnavailableError, match=r"timeout.*no firewall is in between"):
            SQLResultsDB(url).count({})


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://u:secret@h:port/d", "^the URL of the results database cannot be read; give"),
        ("sqlite://u:secret@h:port/d", "^the URL of the results database cannot be read; give one"),
        ("postgresql+psycopg2://u:secret@h/d", "a driver that is not used here; write postgresql:"),
        ("postgresql://u:secret@h", "names no database; write postgresql://user@host:5432/dat"),
        ("postgresql://u:secret@no..host/d", r"names no possible host, 'no\.\.host'; write postg"),
        ("oracle://u:secret@h/d", "of the kind 'oracle'; this store takes .* sqlite:// or postgr"),
    ],
)
def test_urls_that_are_refused(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        SQLResultsDB(url)
    assert "secret" not in str(caught.value)
