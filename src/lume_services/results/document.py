"""Results as the documents that a results database keeps, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lume_services.errors import ResultsError
from lume_services.results import references
from lume_services.results.codec import content_hash, decode, encode
from lume_services.services.results.db import Document

PROVENANCE = frozenset(
    {"flow_name", "flow_run_id", "parents", "package", "version", "created", "host", "provenance"}
)
"""Fields that are neither identity nor contents."""

ADDED = ("document_version", "result_type", "unique_hash", "content_hash", "links")
"""Keys of a document that are no field of its result."""

_VERSION = 1
_NO_CONTENTS = PROVENANCE | {"project_name", "flow_id"}


def encode_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a result as strict, tagged JSON.

    Raises
    ------
    NotSerializableError
        If a part of one has no JSON form.
    """
    return {name: encode(value, name) for name, value in fields.items()}


def make(fields: Mapping[str, Any], result_type: str, unique_on: Sequence[str]) -> Document:
    """Return the document of a result.

    Parameters
    ----------
    fields
        The result's fields.
    result_type
        The name of its class.
    unique_on
        The names of the fields that are its identity.
    """
    encoded = encode_fields(fields)
    hashes = {name: content_hash(part) for name, part in encoded.items()}
    identity = {name: hashes[name] for name in unique_on}
    contents = _without(hashes, _NO_CONTENTS)
    return {
        "document_version": _VERSION,
        "result_type": result_type,
        "unique_hash": content_hash({"result_type": result_type, "fields": identity}),
        "content_hash": content_hash(contents),
        **encoded,
        "links": references.links(encoded),
    }


def read(document: Document) -> dict[str, Any]:
    """Return the fields of the result that a document was made from.

    Raises
    ------
    ResultsError
        If a newer version of this library wrote it, or it cannot be decoded.
    """
    if document["document_version"] > _VERSION:
        raise ResultsError(
            f"result {document['unique_hash']} was written by a newer version of "
            "lume-services; install that version"
        )
    fields = {name: decode(part, name) for name, part in _without(document, ADDED).items()}
    # Early documents do not have it, and that of the reading process would be wrong.
    return {"provenance": None, **fields}


def _without(named: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name not in names}
