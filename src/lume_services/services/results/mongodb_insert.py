"""Inserting documents into MongoDB, all or none, by operations on single documents.

Transactions would need a replica set. Instead, what a call inserts carries a mark if it is more
than one document, so that on an error just that can be taken away again. A document that another
call has found there must stay then, so that call removes the mark first. A process that is
killed in the middle leaves some of its documents behind, each of them whole; the same call again
adds the others.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from lume_services.errors import InputError, StoreUnavailableError
from lume_services.services.results.conflicts import conflict
from lume_services.services.results.db import Document
from lume_services.services.results.mongodb_fields import to_fields
from lume_services.services.results.mongodb_filter import LINKS, ORDER, REVERSED
from lume_services.services.results.strict import json_of, keys_of, links_of

Fields = dict[str, Any]

MAX_BYTES = 16 * 1024**2
"""Of a document, which is MongoDB's own bound."""

_MARK = "/mark"
_RUN = ("flow_id", "project_name")
_SHOWN = {"content_hash": 1, ORDER: 1, _MARK: 1}
_ATTEMPTS = 20
_AT_A_TIME = 1000
_DUPLICATE = 11000


@dataclass(frozen=True)
class Entry:
    """A document that is to be inserted."""

    keys: dict[str, str]
    order: int
    fields: RawBSONDocument

    @property
    def identity(self) -> str:
        """The document's ``unique_hash``."""
        return self.keys["unique_hash"]

    @property
    def run(self) -> tuple[str, str]:
        """The project and the flow run."""
        return self.keys["project_name"], self.keys["flow_id"]


class Insertion:
    """One call that inserts some documents.

    Parameters
    ----------
    documents
        The documents.
    first
        The number of the first one in the order of insertion.

    Raises
    ------
    InputError
        If a document is none, or too large.
    """

    def __init__(self, documents: Sequence[Document], first: int) -> None:
        self._mark = uuid.uuid4().bytes if len(documents) > 1 else None
        self._new = [
            _entry(document, first + i, self._mark) for i, document in enumerate(documents)
        ]
        self._orders = {entry.order for entry in self._new}

    def into(self, collection: Collection[Fields]) -> int:
        """Insert all or, on an error, none; return how many were not there yet.

        Raises
        ------
        ResultConflictError
            For the first that conflicts with a document that is there, or with one before it.
        """
        try:
            return self._insert(collection)
        except BaseException:
            if self._mark is not None:
                # Of two errors, the first one tells more.
                with suppress(PyMongoError):
                    self._take_away(collection)
            raise

    def _insert(self, collection: Collection[Fields]) -> int:
        connected_again = False
        for attempt in range(_ATTEMPTS):
            try:
                # A single document is most often new; so it is looked for only if it is not.
                if attempt == 0 and len(self._new) == 1:
                    absent, own = self._new, 0
                else:
                    absent, own = self._absent(collection)
                if _add(collection, absent):
                    return len(absent) + own
            except AutoReconnect as error:
                # A connection is found broken after a restart of the server.
                if connected_again or isinstance(error, ServerSelectionTimeoutError):
                    raise
                connected_again = True
        raise StoreUnavailableError(
            f"other programs insert and delete the document {self._new[0].identity} or the like "
            "all the time; try again when they have ended"
        )

    def _absent(self, collection: Collection[Fields]) -> tuple[list[Entry], int]:
        """Return what is not there yet, and how many this call has inserted already."""
        contents: dict[str, str] = {}
        runs: set[tuple[str, str]] = set()
        own = 0
        for part in _parts(self._new):
            for found in self._found(collection, part):
                contents[found["_id"]] = found["content_hash"]
                own += found[ORDER] in self._orders
            runs |= _runs(collection, [entry for entry in part if entry.identity not in contents])
        absent = []
        for entry in self._new:
            saved = contents.get(entry.identity)
            if saved == entry.keys["content_hash"]:
                continue
            if saved is not None or entry.run in runs:
                raise conflict(entry.keys, saved)
            contents[entry.identity] = entry.keys["content_hash"]
            runs.add(entry.run)
            absent.append(entry)
        return absent, own

    def _found(self, collection: Collection[Fields], part: Sequence[Entry]) -> list[Fields]:
        """Return what there is of some identities; the same documents are there to stay."""
        contents = {entry.identity: entry.keys["content_hash"] for entry in part}
        for _ in range(_ATTEMPTS):
            found = list(collection.find({"_id": {"$in": list(contents)}}, _SHOWN))
            marked = [
                saved["_id"]
                for saved in found
                if saved.get(_MARK) not in (None, self._mark)
                and saved["content_hash"] == contents[saved["_id"]]
            ]
            if not marked:
                break
            collection.update_many({"_id": {"$in": marked}}, {"$unset": {_MARK: ""}})
        return found

    def _take_away(self, collection: Collection[Fields]) -> None:
        for part in _parts(self._new):
            same = {"$in": [entry.identity for entry in part]}
            collection.delete_many({"_id": same, _MARK: self._mark})


def _entry(document: Document, order: int, mark: bytes | None) -> Entry:
    keys, links = keys_of(document), links_of(document)
    own: Fields = {ORDER: order, REVERSED: -order}
    if links:
        own[LINKS] = links
    if mark:
        own[_MARK] = mark
    encoded = bson.encode({**to_fields(json.loads(json_of(document))), **own})
    if len(encoded) > MAX_BYTES:
        raise InputError(
            f"the document {keys['unique_hash']} takes {len(encoded)} bytes, more than the "
            f"{MAX_BYTES} that MongoDB holds; lower LUME_RESULTS_DB__INLINE_LIMIT, so that large "
            "values are kept as files, or save them as files"
        )
    return Entry(keys, order, RawBSONDocument(encoded))


def _add(collection: Collection[Fields], absent: Sequence[Entry]) -> bool:
    """Insert documents; say whether none of them was there."""
    try:
        if len(absent) == 1:
            collection.insert_one(absent[0].fields)
        elif absent:
            collection.insert_many([entry.fields for entry in absent])
    except DuplicateKeyError:
        return False
    except BulkWriteError as error:
        problems = error.details.get("writeErrors", [])
        if {problem["code"] for problem in problems} != {_DUPLICATE}:
            raise
        return False
    return True


def _runs(collection: Collection[Fields], part: Sequence[Entry]) -> set[tuple[str, str]]:
    """Return those of the entries' flow runs that have a document."""
    if not part:
        return set()
    same = {
        name: {"$in": list({entry.keys[name] for entry in part})}
        for name in ("flow_id", "project_name")
    }
    return {(found["project_name"], found["flow_id"]) for found in collection.find(same, _RUN)}


def _parts(new: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    return (new[start : start + _AT_A_TIME] for start in range(0, len(new), _AT_A_TIME))
