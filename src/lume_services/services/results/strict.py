"""What every store asks of a document, so that each takes and gives back the same."""

from __future__ import annotations

import json
import re

from lume_services.errors import InputError
from lume_services.services.results.db import Document

KEYS = ("unique_hash", "content_hash", "project_name", "flow_id")

_encode = json.JSONEncoder(
    # No document can hold itself: it would nest too deep.
    check_circular=False,
    ensure_ascii=False,
    allow_nan=False,
    separators=(",", ":"),
).encode
_LONG_INTEGER = re.compile(r"[:,[]-?\d{19}")
_TOKEN = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+)?(?:e[+-]\d+)?')
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_INT64 = range(-(2**63), 2**63)


def keys_of(document: Document) -> dict[str, str]:
    """Return the four texts that every document has."""
    keys = {name: document.get(name) for name in KEYS}
    for name, value in keys.items():
        if not isinstance(value, str) or not value:
            raise InputError(f"a document needs a text {name!r}, not {value!r}")
    return keys  # type: ignore[return-value]


def links_of(document: Document) -> list[str]:
    """Return the links of a document."""
    links = document.get("links")
    if links is None and "links" not in document:
        return []
    if not isinstance(links, list) or not all(isinstance(link, str) and link for link in links):
        raise InputError(f"the links of a document are a list of texts, not {links!r}")
    if len(set(links)) < len(links):
        raise InputError(f"a document has each link once, not {links!r}")
    return links


def json_of(document: Document) -> str:
    """Return a document as JSON text that any database reads as the same values.

    Raises
    ------
    InputError
        If it is no strict JSON, or holds NUL characters, lone surrogates or integers of more
        than 64 bits, which not every database can hold.
    """
    try:
        text = _encode(document)
        text.encode()
        return _TOKEN.sub(_exact, text) if _worth_a_look(text) else text
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"the document {document.get('unique_hash')} is no strict JSON ({error}); encode it "
            "with lume_services.results.codec"
        ) from error


def _worth_a_look(text: str) -> bool:
    return "\\u0000" in text or "e+1" in text or _LONG_INTEGER.search(text) is not None


def _exact(token: re.Match[str]) -> str:
    text = token[0]
    if token["text"]:
        if _NUL.search(text):
            raise ValueError("a text has a NUL character")
    elif text.lstrip("-").isdigit():
        if int(text) not in _INT64:
            raise ValueError(f"an integer has more than 64 bits, {text}")
    elif "e+" in text and abs(float(text)) < 2.0**63:
        # Digits that were left out would tell it from the integer that it is equal to.
        return f"{int(float(text))}.0"
    return text
