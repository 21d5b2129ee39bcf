"""MongoDB that is away, forbids, holds too much or what nobody wrote."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient
from results_model import document

from lume_services.errors import InputError, ResultsError, SettingsError, StoreUnavailableError
from lume_services.services.results.mongodb import MongoResultsDB
from servers import free_port
from servers.mongodb import PASSWORD, MongoDB, running


@pytest.fixture(scope="module")
def with_users() -> Iterator[MongoDB]:
    """Return a server that asks for passwords."""
    with running() as server:
        server.add_user("writer", "readWrite", "lab")
        server.add_user("reader", "read", "lab")
        server.add_user("stranger", "readWrite", "other")
        server.stop()
        server.start("--auth")
        yield server


@pytest.fixture
def own_server() -> Iterator[MongoDB]:
    """Return a server that the test may stop."""
    with running() as server:
        yield server


def store(server: MongoDB, user: str, password: str = PASSWORD, source: str = "lab") -> Any:
    login = f"{user}:{quote(password, safe='')}@"
    return MongoResultsDB(f"{server.url('lab', login)}?authSource={source}")


def test_a_writer_writes_and_a_reader_reads(with_users: MongoDB) -> None:
    assert store(with_users, "writer").insert(document(links=["a"])) is True
    reader = store(with_users, "reader")
    assert list(reader.find({})) == [document(links=["a"])]
    assert (reader.count({}), list(reader.links("")), reader.indexes()) == (1, ["a"], [])
    for change in (
        lambda: reader.insert(document(2)),
        lambda: reader.insert_many([document(2), document(3)]),
        lambda: reader.delete({}),
        lambda: reader.index("x"),
    ):
        with pytest.raises(
            StoreUnavailableError,
            match=r"lab\?authSource=lab cannot be used \(.*\): give the user the role readWrite",
        ):
            change()
    assert reader.count({}) == 1


def test_wrong_logins(with_users: MongoDB) -> None:
    told = "correct the user's name and password, and authSource"
    for refused in (
        store(with_users, "writer", "s3cret"),
        store(with_users, "nobody"),
        store(with_users, "writer", source="admin"),
    ):
        with pytest.raises(StoreUnavailableError, match=told) as caught:
            refused.count({})
        shown = "".join(traceback.format_exception(caught.value)) + repr(refused)
        assert "s3cret" not in shown
        assert quote(PASSWORD, safe="") not in shown
    stranger = store(with_users, "stranger", source="other")
    with pytest.raises(StoreUnavailableError, match="give the user the role readWrite"):
        stranger.count({})


def test_a_server_that_is_not_there() -> None:
    port = free_port()
    db = MongoResultsDB(f"mongodb://u:s3cret@127.0.0.1:{port}/lab?serverSelectionTimeoutMS=200")
    with pytest.raises(
        StoreUnavailableError,
        match=rf"mongodb://u:\*\*\*@127\.0\.0\.1:{port}/lab\?serverSelectionTimeoutMS=200 cannot "
        rf"be used \(127\.0\.0\.1:{port}: .*refused\): start the server, or correct its address",
    ) as caught:
        db.count({})
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        options = "serverSelectionTimeoutMS=300&connectTimeoutMS=200"
        begin = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="start the server, or correct its addr"):
            MongoResultsDB(f"mongodb://{address}/lab?{options}").insert(document())
        assert time.monotonic() - begin < 25


def test_after_a_restart_a_store_goes_on(own_server: MongoDB) -> None:
    db = MongoResultsDB(own_server.url("lab"))
    assert db.insert(document(1)) is True
    for number, kill in ((2, False), (3, True)):
        own_server.stop(kill=kill)
        own_server.start()
        assert db.insert(document(number)) is True
        assert db.insert_many([document(i) for i in range(number)]) == 1 * (number == 2)
    assert db.count({}) == 4
    db.close()


def test_a_search_that_is_cut_off(own_server: MongoDB) -> None:
    db = MongoResultsDB(own_server.url("lab?serverSelectionTimeoutMS=300"))
    db.insert_many([document(i) for i in range(200)])
    found = db.find({})
    assert next(found) == document(0)
    own_server.stop()
    with pytest.raises(StoreUnavailableError, match="start the server"):
        list(found)
    with pytest.raises(StoreUnavailableError, match="start the server"):
        db.insert_many([document(300), document(301)])
    own_server.start()
    assert db.count({}) == 200
    db.close()


def test_a_newer_schema_is_refused(mongodb_url: str) -> None:
    MongoResultsDB(mongodb_url).insert(document())
    with MongoClient(mongodb_url) as client:
        client.get_default_database().results_schema.update_one({}, {"$set": {"version": 99}})
    with pytest.raises(
        StoreUnavailableError, match=r"has schema version 99, .* knows up to 1: install a newer"
    ):
        MongoResultsDB(mongodb_url).count({})


def test_a_document_that_is_too_large(mongodb_url: str) -> None:
    db = MongoResultsDB(mongodb_url)
    with pytest.raises(
        InputError, match=r"hash-1 takes 1[67]\d{6} bytes, more than the 16777216 .*INLINE_LIMIT"
    ):
        db.insert_many([document(0), document(1, x="x" * 2**24)])
    assert db.count({}) == 0
    assert db.insert(document(2, x="x" * (2**24 - 1000))) is True
    assert len(next(db.find({}))["x"]) == 2**24 - 1000


@pytest.mark.parametrize(
    "changes", [{"x": ["array"]}, {"x/": 5}, {"x/": {"%30": {}, "%30/": []}}, {"x": object}]
)
def test_what_another_program_wrote(mongodb_url: str, changes: dict[str, Any]) -> None:
    db = MongoResultsDB(mongodb_url)
    db.insert(document(x=[{"y": 1}]))
    changes = {name: None if value is object else value for name, value in changes.items()}
    with MongoClient(mongodb_url) as client:
        client.get_default_database().results.update_one({}, {"$set": changes})
    with pytest.raises(ResultsError, match=r"holds a damaged document, hash-0; put a backup in"):
        list(db.find({}))


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://",
        "mongodb://u:s3cret@h:port/db",
        "mongodb://u:s3/cret@h/db",
        "mongodb://u:s3%cret@h/db",
        "mongodb://h/s3cret db",
        "mongodb://h/db?timeoutMS=s3cret",
    ],
)
def test_an_unreadable_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^the URL of the results database can") as caught:
        MongoResultsDB(url)
    assert "s3" not in "".join(traceback.format_exception(caught.value)).replace(__file__, "")


def test_the_driver_is_loaded_with_the_store_only() -> None:
    code = "import sys, lume_services.config as c; c.current(); print('pymongo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_the_driver_its_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['pymongo'] = None\n"
        "from lume_services import config, LUMEServicesSettings as Settings\n"
        "from lume_services.errors import PluginError\n"
        "try: config.build(Settings(results_db={'host': 'db'}))\n"
        "except PluginError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "a results database in MongoDB needs pymongo, which is not installed: "
        "pip install 'lume-services[mongodb]'\n"
    )
