"""MongoDB's address in parts, as published settings give it."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.uri_parser import parse_uri

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings, explain

LOGIN = {"username": "jane", "password": "s3cret"}


def url(**parts: Any) -> str:
    return LUMEServicesSettings(results_db=parts).results_db_url


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"host": "db"}, "mongodb://db/"),
        ({"host": "db", "port": "27018", "database": "lab"}, "mongodb://db:27018/lab"),
        ({"host": "a,b:1, c", "port": 2}, "mongodb://a:2,b:1,c:2/"),
        ({"host": "::1", "port": 2}, "mongodb://[::1]:2/"),
        ({"host": "[::1]:1", "port": 2}, "mongodb://[::1]:1/"),
        ({"host": "db", **LOGIN, "database": "lab"}, "mongodb://jane:s3cret@db/lab"),
        ({"host": "db", "username": "jane"}, "mongodb://jane@db/"),
        ({"host": "db", "authmechanism": "DEFAULT"}, "mongodb://db/"),
        (
            {"host": "db", **LOGIN, "authmechanism": "SCRAM-SHA-256"},
            "mongodb://jane:s3cret@db/?authMechanism=SCRAM-SHA-256",
        ),
        (
            {"host": "db", "options": {"authSource": "admin", "tls": True, "maxPoolSize": 5}},
            "mongodb://db/?authSource=admin&maxPoolSize=5&tls=true",
        ),
        (
            {"host": "db", "options": '{"authSource": "admin", "tlsCAFile": "/a b&c"}'},
            "mongodb://db/?authSource=admin&tlsCAFile=%2Fa%20b%26c",
        ),
        (
            {"host": "db", "options": "?authSource=admin&tls=true", "authmechanism": "PLAIN"},
            "mongodb://db/?authSource=admin&tls=true&authMechanism=PLAIN",
        ),
        ({"host": "db", "options": ""}, "mongodb://db/"),
    ],
)
def test_addresses(parts: dict[str, Any], expected: str) -> None:
    assert url(**parts) == expected


@given(st.text(min_size=1), st.text(min_size=1), st.from_regex(r"[\w-]{1,9}", fullmatch=True))
def test_the_driver_reads_what_was_given(user: str, password: str, database: str) -> None:
    made = url(host="db", username=user, password=password, database=database, port=1)
    read = parse_uri(made)
    assert (read["username"], read["password"], read["database"]) == (user, password, database)
    assert read["nodelist"] == [("db", 1)]


def test_published_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    given_ = {"HOST": "db", "PORT": "27017", "USERNAME": "jane", "PASSWORD": "p@ss/w:rd"}
    given_ |= {"DATABASE": "lab", "AUTHMECHANISM": "SCRAM-SHA-1", "OPTIONS": '{"tls": true}'}
    for name, value in given_.items():
        monkeypatch.setenv(f"LUME_RESULTS_DB__{name}", value)
    settings = LUMEServicesSettings()
    assert settings.results_db_url == (
        "mongodb://jane:p%40ss%2Fw%3Ard@db:27017/lab?tls=true&authMechanism=SCRAM-SHA-1"
    )
    shown = {entry.name: (entry.value, entry.source) for entry in explain(settings)}
    assert shown["results_db.url"] == (
        "mongodb://jane:***@db:27017/lab?tls=true&authMechanism=SCRAM-SHA-1",
        "environment variable LUME_RESULTS_DB__HOST",
    )
    assert shown["results_db.password"] == (
        "**********",
        "environment variable LUME_RESULTS_DB__PASSWORD",
    )
    assert shown["results_db.port"] == (27017, "environment variable LUME_RESULTS_DB__PORT")


def test_options_in_a_table_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "lume.toml"
    file.write_text('[results_db]\nhost = "db"\n[results_db.options]\nauthSource = "admin"\n')
    settings = LUMEServicesSettings()
    assert settings.results_db_url == "mongodb://db/?authSource=admin"
    shown = {entry.name: (entry.value, entry.source) for entry in explain(settings)}
    source = f"{file}:4: results_db.options.authSource"
    assert shown["results_db.options"] == ("authSource=admin", source)


def test_a_password_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss word\n")
    assert url(host="db", username="j", password_file=file) == "mongodb://j:p%40ss%20word@db/"
    file.unlink()
    with pytest.raises(
        SettingsError, match=r"password of results_db\.password_file cannot be read: FileNotFound"
    ):
        url(host="db", username="j", password_file=file)


WRONG = [
    ({"host": "db", "url": "mongodb://db"}, "set either url or host, not both"),
    ({"port": 1, "database": "lab"}, "port, database without host; set host, or remove"),
    ({"host": "db", "password": "s3cret"}, "a password without username; set username, too"),
    (
        {"host": "db", **LOGIN, "password_file": "/x"},
        "set either password or password_file, not both",
    ),
    ({"host": "mongodb://db"}, "must be the name or address of a host, .*set results_db.url"),
    ({"host": "jane:s3cret@db"}, "must be the name or address of a host"),
    ({"host": " "}, "must be the name or address of a host"),
    ({"host": "db", "port": "0"}, "results_db.port is '0': input should be greater than or equal"),
    ({"host": "db", "port": True}, "results_db.port is True: must be an integer"),
    ({"host": "db", "username": ""}, "results_db.username is '': string should have at least 1"),
    ({"host": "db", "username": "j", "password": b"s3cret\xff"}, "argument results_db.password: "),
    ({"host": "db", "authmechanism": "CR"}, "authmechanism is 'CR': input should be 'DEFAULT', "),
    (
        {"host": "db", "options": "pwd s3cret"},
        'results_db.options: must be like {"authSource": "admin", "tls": true} or authSource=',
    ),
    ({"host": "db", "options": '{"s3cret'}, "results_db.options: begins with '{' but is no JSON"),
    ({"host": "db", "options": {"a": ["s3cret"]}}, "results_db.options.a: must be like "),
    ({"host": "db", "options": 5}, "argument results_db.options: must be like"),
]


@pytest.mark.parametrize(("parts", "message"), WRONG)
def test_refusals_without_passwords(parts: dict[str, Any], message: str) -> None:
    pattern = message if ".*" in message else re.escape(message)
    with pytest.raises(SettingsError, match=pattern) as caught:
        LUMEServicesSettings(results_db=parts)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_no_password_in_any_representation() -> None:
    options = "tlsCertificateKeyFilePassword=s3cret&authMechanismProperties=AWS_TOKEN:s3cret&tls=1"
    settings = LUMEServicesSettings(results_db={"host": "db", **LOGIN, "options": options})
    shown = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())]
    shown += [str(explain(settings)), repr(settings.results_db), str(settings.results_db.options)]
    for text in shown:
        assert "s3cret" not in text
    assert settings.results_db_url.count("s3cret") == 3
