"""Whether a document, with the values that are kept apart from it, is what was saved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lume_services.errors import FileNotThereError, ResultsError
from lume_services.results.codec import TAG, content_hash
from lume_services.results.codec.stored import SUFFIX
from lume_services.results.documents import document as documents
from lume_services.results.documents import references
from lume_services.results.documents.document import ADDED, NO_CONTENTS
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.stored_value import StoredValue
from lume_services.services.files.values import ValueStore
from lume_services.services.results.db import Document


@dataclass(frozen=True)
class Kept:
    """A value in its file, as it is saved again elsewhere."""

    stored: StoredValue
    suffix: str

    @property
    def stat(self) -> FileStat:
        """What it is to hold."""
        return FileStat(self.stored.size, self.stored.sha256)

    def blocks(self) -> Iterator[memoryview]:
        """Return the content; raises `FileCorruptError` if it is not what was saved."""
        return self.stored.blocks()


def values_of(document: Document, values: ValueStore) -> Iterator[Kept]:
    """Yield the values that a document refers to.

    Raises
    ------
    FileNotThereError
        If the file of one is missing.
    """
    owner = f"a value of result {document['unique_hash']}"
    for sha256 in references.values(document):
        path = _file(sha256, values)
        if path is None:
            raise FileNotThereError(
                f"{owner} is to be kept in {str(values.folder)!r} and is not there: restore the "
                f"file {sha256[:2]}/{sha256}.* from a backup"
            )
        yield Kept(StoredValue(path, path.stat().st_size, sha256, owner), path.suffix)


def has_values(head: Mapping[str, Any], values: ValueStore) -> bool:
    """Say whether there are files of all values that the links of a document name."""
    return all(_file(sha256, values) for sha256 in references.values(head))


def check(document: Document, values: ValueStore) -> None:
    """Compare the contents of a document with the hash that was saved with them.

    The content of arrays that are kept apart is not read, as they are checked when they are.

    Raises
    ------
    ResultsError
        If it is damaged.
    """
    documents.check(document)
    fields = {name: part for name, part in document.items() if name not in ADDED}
    try:
        version = document["document_version"]
        hashes = {
            name: content_hash(_whole(part, document, values), version)
            for name, part in fields.items()
            if name not in NO_CONTENTS
        }
        found = content_hash(hashes, version)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(document, f"it cannot be read, {error!r}") from error
    if found != document["content_hash"]:
        raise _damaged(document, f"the hash of its contents is {found}")


def _file(sha256: str, values: ValueStore) -> Path | None:
    # The document's links name the digests alone.
    return next((values.folder / sha256[:2]).glob(f"{sha256}.*"), None)


def _whole(part: Any, document: Document, values: ValueStore) -> Any:
    """Return an encoded value with what has left it as JSON in its place again."""
    if isinstance(part, list):
        if {dict, list}.isdisjoint(map(type, part)):
            return part
        return [_whole(item, document, values) for item in part]
    # An array's reference holds all that enters the hash.
    if not isinstance(part, dict) or part.get(TAG) == "ndarray":
        return part
    if part.get(TAG) != "stored":
        return {key: _whole(item, document, values) for key, item in part.items()}
    value = values.stored(part["sha256"], part["size"], SUFFIX, f"result {document['unique_hash']}")
    return _whole(json.loads(b"".join(map(bytes, value.blocks()))), document, values)


def _damaged(document: Document, what: str) -> ResultsError:
    return ResultsError(
        f"the result {document.get('unique_hash')} is damaged: {what}, and "
        f"{document.get('content_hash')} was saved with it; put a backup of its database in place"
    )
