"""The results and files that a result's document refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lume_services.results.codec import MAX_DEPTH
from lume_services.services.results.db import Document

Reference = Mapping[str, Any]

_FILE = frozenset({"file_type", "filename", "filesystem_identifier", "size", "sha256"})
_RESULT = frozenset({"result_type", "project_name", "unique_hash"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIVEN = ("inputs", "parents")
_APART = frozenset({"provenance", *_GIVEN})
# Tags nest two levels for each of the value's.
_DEEPEST = 4 * MAX_DEPTH


def is_file(value: object) -> bool:
    """Tell whether a value is a file's reference."""
    if not isinstance(value, Mapping) or value.keys() != _FILE:
        return False
    texts = (value["file_type"], value["filename"], value["filesystem_identifier"])
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(value["sha256"], str | None)
        and isinstance(value["size"], int | None)
    )


def is_reference(value: object) -> bool:
    """Tell whether a value is the reference of a file or of a result."""
    if isinstance(value, Mapping) and value.keys() == _RESULT:
        return all(isinstance(text, str) for text in value.values())
    return is_file(value)


def key(reference: Reference) -> str | None:
    """Return what tells a reference from others: ``file:<sha256>`` or ``result:<hash>``.

    None for a file whose content is not known: its name may stand for another content at any
    time, so it joins nothing.
    """
    if reference.keys() == _RESULT:
        return f"result:{reference['unique_hash']}"
    sha256 = reference["sha256"]
    return None if sha256 is None else f"file:{sha256}"


def sources(document: Document) -> list[Reference]:
    """Return what a result was made from.

    These are the results and files that its run has loaded or was given as parameters, and
    those that its inputs name, but for the files that the run has saved itself.
    """
    saved = _saved(document)
    parameters = (document.get("provenance") or {}).get("parameters")
    found = _distinct(_in([*(document[name] for name in _GIVEN), parameters]))
    # A copy that it has saved has the same content, but another name.
    return [each for each in found if each not in saved]


def products(document: Document) -> list[Reference]:
    """Return the files that the run of a result has made: saved, or named by its outputs only."""
    given = {key(each) for each in sources(document)}
    others = [part for name, part in document.items() if name not in _APART]
    named = [each for each in _in(others) if is_file(each) and key(each) not in given]
    return _distinct([*_saved(document), *named])


def links(document: Document) -> list[str]:
    """Return the links of a document, see `lume_services.services.results.db.ResultsDB`."""
    given = [f"from:{key(each)}" for each in sources(document) if key(each)]
    made = [f"made:{key(each)}" for each in products(document) if key(each)]
    return list(dict.fromkeys([*given, *made]))


def values(document: Mapping[str, Any]) -> list[str]:
    """Return the digests of the large values that the links of a document name."""
    links = (link.partition(":") for link in document.get("links", ()))
    return [rest for kind, _, rest in links if kind == "value" and _SHA256.fullmatch(rest)]


def _saved(document: Document) -> list[Reference]:
    return list(_in((document.get("provenance") or {}).get("saved")))


def _distinct(references: Iterable[Reference]) -> list[Reference]:
    return list({key(each) or repr(each): each for each in references}.values())


def _in(value: Any, depth: int = _DEEPEST) -> Iterator[Reference]:
    if depth == 0:
        return
    if isinstance(value, dict):
        if is_reference(value):
            yield value
            return
        for part in value.values():
            yield from _in(part, depth - 1)
    # Lists of numbers are frequent and long.
    elif isinstance(value, list) and not {dict, list}.isdisjoint(map(type, value)):
        for part in value:
            yield from _in(part, depth - 1)
