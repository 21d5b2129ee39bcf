"""The results and files that a result's document refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lume_services.services.results.db import Document

Reference = Mapping[str, Any]

_FILE = frozenset({"file_type", "filename", "filesystem_identifier", "size", "sha256"})
_RESULT = frozenset({"result_type", "project_name", "unique_hash"})
_GIVEN = ("inputs", "parents")
_APART = frozenset({"provenance", *_GIVEN})


def is_file(value: object) -> bool:
    """Tell whether a value is a file's reference."""
    return isinstance(value, Mapping) and value.keys() == _FILE


def is_reference(value: object) -> bool:
    """Tell whether a value is the reference of a file or of a result."""
    return isinstance(value, Mapping) and value.keys() in (_FILE, _RESULT)


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


def _saved(document: Document) -> list[Reference]:
    return list(_in((document.get("provenance") or {}).get("saved")))


def _distinct(references: Iterable[Reference]) -> list[Reference]:
    return list({key(each) or repr(each): each for each in references}.values())


def _in(value: Any) -> Iterator[Reference]:
    if isinstance(value, dict):
        if is_reference(value):
            yield value
            return
        for part in value.values():
            yield from _in(part)
    # Lists of numbers are frequent and long.
    elif isinstance(value, list) and not {dict, list}.isdisjoint(map(type, value)):
        for part in value:
            yield from _in(part)
