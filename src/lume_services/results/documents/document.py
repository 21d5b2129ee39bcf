"""Results as the documents that a results database keeps, and back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from lume_services.errors import ResultsError
from lume_services.results.codec import VERSION, Loading, content_hash, decode, encode_apart
from lume_services.results.documents import references
from lume_services.results.values.leaving import Values, leave
from lume_services.services.results.db import Document

PROVENANCE = frozenset(
    {"flow_name", "flow_run_id", "parents", "package", "version", "created", "host", "provenance"}
)
"""Fields that are neither identity nor contents."""

ADDED = ("document_version", "result_type", "unique_hash", "content_hash", "links")
"""Keys of a document that are no field of its result."""

NO_CONTENTS = PROVENANCE | {"project_name", "flow_id"}
"""Fields that do not enter the hash of the contents."""

_TYPES = {
    **dict.fromkeys(("result_type", "unique_hash", "content_hash", "project_name", "flow_id"), str),
    **dict.fromkeys(("inputs", "outputs", "created"), dict),
    "document_version": int,
    "parents": list,
}

_HASH = re.compile(r"[\w-]{1,200}", re.ASCII)

# Their number has a bound, and who follows them reads documents alone.
_STAYS = frozenset({"parents"})


def check_fields(fields: Mapping[str, Any]) -> None:
    """Refuse the fields of a result that cannot be saved.

    Raises
    ------
    NotSerializableError
        If a part of one has no JSON form.
    """
    _encode(fields)


class Described(NamedTuple):
    """What the document of a result is made from.

    Parameters
    ----------
    fields
        The result's fields.
    result_type
        The name of its class.
    unique_on
        The names of the fields that are its identity.
    version
        The version of documents whose hashes are wanted.
    """

    fields: Mapping[str, Any]
    result_type: str
    unique_on: Sequence[str]
    version: int = VERSION


def identify(described: Described) -> Document:
    """Return what a result's document begins with: its version, type and hashes."""
    return _identify(_encode(described.fields), *described[1:])


def compose(described: Described, limit: int, values: Values) -> Document:
    """Return the document of a result, whose large values are put elsewhere.

    Parameters
    ----------
    described
        The result.
    limit
        Bytes that a field may take.
    values
        Takes the large values.
    """
    encoded = _encode(described.fields)
    small = {
        name: part if name in _STAYS else leave(part, limit, values)
        for name, part in encoded.items()
    }
    head = _identify(encoded, *described[1:])
    kept = [f"value:{digest}" for digest in values.digests]
    return {**head, **small, "links": [*references.links(encoded), *kept]}


def check(document: Document) -> None:
    """Refuse a document of which not even the outline is that of a result.

    Parameters
    ----------
    document
        The document, trusted in nothing.

    Raises
    ------
    ResultsError
        If it is none; names the first part that is missing or of another type.
    """
    links, made = document.get("links", []), document.get("provenance")
    wrong = [name for name, kind in _TYPES.items() if not isinstance(document.get(name), kind)]
    if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
        wrong.append("links")
    if not isinstance(made, dict | None):
        wrong.append("provenance")
    # It becomes the name of files.
    if not wrong and not _HASH.fullmatch(document["unique_hash"]):
        wrong.append("unique_hash")
    if wrong:
        raise ResultsError(
            f"document {document.get('unique_hash')!r} of the results database is no result: its "
            f"{wrong[0]} is missing or malformed. It was damaged, or not written by LUME-services; "
            "put a backup in its place, or delete it."
        )


def read(document: Document, lazy: Collection[str]) -> dict[str, Any]:
    """Return the fields of the result that a document was made from.

    Parameters
    ----------
    document
        The document.
    lazy
        Fields in which large arrays are read only when used.

    Raises
    ------
    ResultsError
        If a newer version of this library wrote it, or it cannot be decoded.
    """
    check(document)
    owner = f"result {document['unique_hash']}"
    if document["document_version"] > VERSION:
        raise ResultsError(
            f"{owner} was written by a newer version of lume-services; install that version"
        )
    fields = {
        name: decode(part, name, Loading(owner, name in lazy))
        for name, part in _without(document, ADDED).items()
    }
    # Early documents do not have it, and that of the reading process would be wrong.
    return {"provenance": None, **fields}


def _encode(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode_apart(value, name) for name, value in fields.items()}


def _identify(
    encoded: Mapping[str, Any], result_type: str, unique_on: Sequence[str], version: int
) -> Document:
    hashes = {name: content_hash(part, version) for name, part in encoded.items()}
    identity = {name: hashes[name] for name in unique_on}
    return {
        "document_version": version,
        "result_type": result_type,
        "unique_hash": content_hash({"result_type": result_type, "fields": identity}),
        "content_hash": content_hash(_without(hashes, NO_CONTENTS)),
    }


def _without(named: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name not in names}
