"""Keeping documents small: the largest values leave a field that takes too much.

What leaves is kept in a file by its digest. Arrays leave first, then other values, as JSON:
whole lists, texts, tables and dictionaries. So however much a result holds, its document stays
small, and what is small in it can be searched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from lume_services.results.codec import TAG, Data, fill
from lume_services.results.codec.stored import SUFFIX, reference
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.values import Value

# What is smaller leaves together with what is beside it: so many files, or references about as
# large as what they stand for, help nobody.
_PART, _REFERENCE = 64, 256


class Values(Protocol):
    """Takes values that are kept apart from their document."""

    @property
    def digests(self) -> list[str]:
        """Digests of the values so far."""

    def put(self, value: Value) -> FileStat:
        """Take a value; return what identifies it."""

    def keep(self, value: Value, stat: FileStat) -> None:
        """Take a value whose content is known."""


def leave(encoded: Any, limit: int, values: Values) -> Any:
    """Return a field as strict JSON of at most so many bytes; what is too large is put elsewhere.

    Parameters
    ----------
    encoded
        What `encode_apart` gave.
    limit
        Bytes of JSON.
    values
        Takes the values that leave.
    """
    if not isinstance(encoded, str | list | dict):
        return encoded
    arrays: list[Data] = []
    # The contents of arrays are left out, as their text would only be made for its length.
    length = len(_json(encoded, default=arrays.append)) + sum(map(_text_length, arrays))
    excess, references = length - limit, {}
    for data in sorted(arrays, key=_text_length, reverse=True):
        if data.is_kept or (excess > 0 and data.size > _smallest(limit)):
            references[id(data)] = _put(data, values)
            excess -= _text_length(data)
    if arrays:
        encoded = fill(encoded, lambda data: references.get(id(data)) or data.text())
    return _fit(encoded, limit, values) if references or excess > 0 else encoded


def _put(data: Data, values: Values) -> dict[str, Any]:
    if data.is_kept:
        values.keep(data, FileStat(data.size, data.sha256))
    else:
        data.remember(values.put(data).sha256)
    return reference(data.sha256, data.size)


def _fit(document: Any, limit: int, values: Values) -> Any:
    """Return JSON of at most so many bytes: its largest parts leave, or all of it."""
    if _length(document) <= limit:
        return document
    parts = {key: _fit(part, limit, values) for key, part in _parts(document)}
    lengths = {key: _length(part) for key, part in parts.items()}
    smaller = _with_parts(document, parts)
    excess = _length(smaller) - limit
    for key in sorted(lengths, key=lambda key: lengths[key], reverse=True):
        if excess <= 0 or lengths[key] <= _smallest(limit):
            break
        parts[key] = _put_json(parts[key], values)
        excess -= lengths[key] - _length(parts[key])
    smaller = _with_parts(document, parts)
    return smaller if excess <= 0 else _put_json(smaller, values)


def _smallest(limit: int) -> int:
    return max(limit // _PART, _REFERENCE)


def _parts(document: Any) -> Iterator[tuple[Any, Any]]:
    """Return what can leave without the rest: items of plain lists and dictionaries."""
    if isinstance(document, dict) and TAG not in document:
        yield from document.items()
    # Numbers are too small, and lists of them long.
    elif isinstance(document, list) and not {str, dict, list}.isdisjoint(map(type, document)):
        yield from enumerate(document)


def _with_parts(document: Any, parts: dict[Any, Any]) -> Any:
    if not parts:
        return document
    return dict(parts) if isinstance(document, dict) else list(parts.values())


def _put_json(document: Any, values: Values) -> dict[str, Any]:
    stat = values.put(_Text(_json(document)))
    return reference(stat.sha256, stat.size)


class _Text:
    """JSON as a file."""

    suffix = SUFFIX

    def __init__(self, content: bytes) -> None:
        self._content = content

    def blocks(self) -> list[bytes]:
        """Return the content."""
        return [self._content]


def _json(document: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=default)
    return text.encode()


def _length(document: Any) -> int:
    return len(_json(document))


def _text_length(data: Data) -> int:
    return data.size * 4 // 3
