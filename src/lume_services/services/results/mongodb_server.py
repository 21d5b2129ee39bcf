"""A connection to MongoDB: made, prepared, and its errors translated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from bson.errors import BSONError
from pymongo import ASCENDING, IndexModel, MongoClient, WriteConcern, timeout
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    CursorNotFound,
    ExecutionTimeout,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.uri_parser import parse_uri

from lume_services.errors import ResultsError, SettingsError, StoreUnavailableError
from lume_services.services.results.mongodb_filter import FALLING, LINKS, ORDER, RISING, indexes
from lume_services.services.results.query import parse_path

Fields = dict[str, Any]
Results = Collection[Fields]

SCHEMA_VERSION = 1

_DEFAULT_DATABASE = "lume_services"
# Ample for a busy server, and nothing waits for ever; a URL may say otherwise.
_OPTIONS = {
    "appname": "lume-services",
    "connectTimeoutMS": 10_000,
    "maxPoolSize": 20,
    "serverSelectionTimeoutMS": 10_000,
    "socketTimeoutMS": 120_000,
    "waitQueueTimeoutMS": 60_000,
}
# All documents are read.
_SECONDS_TO_INDEX = 24 * 3600
# What was saved survives the loss of a server.
_SAVED = WriteConcern("majority", wtimeout=60_000, j=True)
_NEWEST = indexes(("created",))[FALLING]
_INDEXES = [
    IndexModel([("flow_id", ASCENDING), ("project_name", ASCENDING)], unique=True),
    IndexModel([("project_name", ASCENDING), (ORDER, ASCENDING)], name=f"{RISING}project_name"),
    IndexModel([(ORDER, ASCENDING)]),
    IndexModel([(LINKS, ASCENDING)]),
    # The newest, of all and of a project; other keys than those of `models`, which users may add.
    IndexModel([*_NEWEST, ("_id", ASCENDING)], name="/newest"),
    IndexModel([("project_name", ASCENDING), *_NEWEST], name="/newest_of_project"),
]
_NEXT_STEPS = {
    13: "give the user the role readWrite on this database, or read to read it only",
    18: "correct the user's name and password, and authSource, the database that knows the user",
    67: "it holds no more indexes: drop those that are not needed",
}
# No server answers, or not in time, or it has lost its place as the primary one.
_PASSING = (AutoReconnect, ExecutionTimeout, WTimeoutError)
_NEXT_STEPS_BY_KIND: dict[type[PyMongoError], str] = {
    AutoReconnect: "start the server, or correct its address in LUME_RESULTS_DB__URL or "
    "LUME_RESULTS_DB__HOST; then try again",
    WTimeoutError: "too few members of the replica set answer; start them, then try again",
    CursorNotFound: "the server has forgotten a search that was not read on for minutes; search "
    "again, and read faster",
}


def check_url(url: str) -> None:
    """Refuse a URL that is none, without showing it.

    Raises
    ------
    SettingsError
        If it cannot be read.
    """
    try:
        split = urlsplit(url)
        # The hosts of mongodb+srv:// are looked up on the first use only.
        if split.scheme != "mongodb+srv":
            parse_uri(url)
    except (InvalidURI, ConfigurationError, ValueError, TypeError):
        raise SettingsError(
            "the URL of the results database cannot be read; give one like "
            "mongodb://user:password@host:27017/database, with ':', '/', '?', '#', '[', ']', '@' "
            "and '%' in the user's name and password written as in URLs (%40 for '@'), and only "
            "options that MongoDB has"
        ) from None


def connect(url: str) -> Results:
    """Return the collection of results; the server is not asked yet."""
    split = urlsplit(url)
    given = {option.partition("=")[0].lower() for option in split.query.split("&")}
    options: dict[str, Any] = {k: v for k, v in _OPTIONS.items() if k.lower() not in given}
    client: MongoClient[Fields] = MongoClient(url, connect=False, **options)
    database = client[unquote(split.path.strip("/")) or _DEFAULT_DATABASE]
    return database.get_collection("results", write_concern=_SAVED)


def prepare(database: Database[Fields], name: str) -> None:
    """Make the indexes if they are missing; refuse a schema of a newer version."""
    schema = database.get_collection("results_schema", write_concern=_SAVED)
    found = schema.find_one({"_id": "results"})
    if found is None:
        database.get_collection("results", write_concern=_SAVED).create_indexes(_INDEXES)
        version = {"$setOnInsert": {"version": SCHEMA_VERSION}}
        schema.update_one({"_id": "results"}, version, upsert=True)
    elif found["version"] > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"the results database {name} has schema version {found['version']}, this version "
            f"of lume-services knows up to {SCHEMA_VERSION}: install a newer lume-services"
        )


def models(path: str) -> list[IndexModel]:
    """Return the indexes that make searching and sorting on a path fast."""
    return [
        IndexModel(keys, name=f"{kind}{path}") for kind, keys in indexes(parse_path(path)).items()
    ]


def add_indexes(results: Results, wanted: list[IndexModel]) -> None:
    """Make the indexes that are missing, however long that takes."""
    with timeout(_SECONDS_TO_INDEX):
        results.create_indexes(wanted)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn the driver's errors into ours.

    Parameters
    ----------
    name
        How errors call the database.
    """
    try:
        yield
    except PyMongoError as error:
        raise StoreUnavailableError(
            f"the results database {name} cannot be used ({_cause(error)}): {_next_step(error)}",
            may_pass=isinstance(error, _PASSING) or error.has_error_label("RetryableWriteError"),
        ) from error
    except BSONError as error:
        raise ResultsError(
            f"the results database {name} holds a damaged document ({error}); "
            "put a backup in its place, or delete the document"
        ) from error


def _cause(error: PyMongoError) -> str:
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        problems = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        return str(problems[0]["errmsg"]) if problems else "the server refused to write"
    if isinstance(error, OperationFailure) and error.details:
        return str(error.details.get("errmsg", error))
    # What follows repeats all that the driver knows of each server.
    return str(error).partition(", Timeout:")[0].partition(" (configured timeouts:")[0]


def _next_step(error: PyMongoError) -> str:
    if isinstance(error, OperationFailure) and error.code in _NEXT_STEPS:
        return _NEXT_STEPS[error.code]
    for kind, step in _NEXT_STEPS_BY_KIND.items():
        if isinstance(error, kind):
            return step
    return "see the cause above, and `lume-services config check`"
