"""Encoding and decoding: plain JSON and containers here, other kinds in their families."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from typing import Any

from lume_services.errors import LumeServicesError, QueryError
from lume_services.results.codec import families
from lume_services.results.codec.data import Data
from lume_services.results.codec.leaves import encode_float, encode_int, encode_text, storable
from lume_services.results.codec.stored import Loading
from lume_services.results.codec.walk import MAX_DEPTH, Walk

__all__ = [
    "MAX_DEPTH",
    "TAG",
    "VERSION",
    "canonical",
    "comparable",
    "content_hash",
    "decode",
    "encode",
    "encode_apart",
    "fill",
]

TAG = families.TAG
VERSION = 2
"""Of documents: what enters their hashes."""

_LAZILY = Loading()


def encode(value: Any, root: str = "") -> Any:
    """Return a value as strict, tagged JSON.

    Parameters
    ----------
    value
        Anything that the table in ``lume_services.results.codec`` lists, nested as wanted.
    root
        How error messages call the value, for example ``"outputs"``.

    Raises
    ------
    NotSerializableError
        If a part of it has no JSON form; names the part by its path, and the ways out.
    """
    return fill(encode_apart(value, root), lambda data: data.text())


def encode_apart(value: Any, root: str = "") -> Any:
    """Return a value as `encode` does, but for the contents of arrays, which are `Data`."""
    return _encode(value, Walk(_encode, root))


def fill(encoded: Any, content: Callable[[Data], Any]) -> Any:
    """Return what `encode_apart` gave with something else in place of each `Data`."""
    if isinstance(encoded, list):
        return encoded if _is_flat(encoded) else [fill(item, content) for item in encoded]
    if isinstance(encoded, dict):
        return {key: fill(item, content) for key, item in encoded.items()}
    return content(encoded) if isinstance(encoded, Data) else encoded


def decode(document: Any, root: str = "", loading: Loading = _LAZILY) -> Any:
    """Return the value that `encode` made the JSON from.

    Parameters
    ----------
    document
        Tagged JSON, trusted in nothing: no name in it is imported or called.
    root
        How error messages call the value.
    loading
        How values are loaded that are kept apart.

    Raises
    ------
    ResultsError
        If it is no JSON that `encode` makes.
    """
    return _decode(document, Walk(_decode, root, loading))


def canonical(document: Any) -> str:
    """Return the one text of an encoded value: sorted keys, exact numbers, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_hash(document: Any, version: int = VERSION) -> str:
    """Return the SHA-256 of an encoded value, equal on all platforms.

    An array enters it by the digest of its content, wherever that is. The memory order of
    arrays is no content.

    Parameters
    ----------
    document
        What `encode` or `encode_apart` gave.
    version
        Before 2, arrays entered it as text.
    """
    return hashlib.sha256(canonical(_hashed(document, version)).encode()).hexdigest()


def comparable(value: Any) -> str | int | float | bool | None:
    """Return what queries compare a value as, see the table in ``lume_services.results.codec``.

    Raises
    ------
    QueryError
        If values of its kind cannot be searched for.
    """
    document = encode_apart(value, root="the query's value")
    if isinstance(document, dict) and TAG in document:
        document = document.get("value", {})
    if isinstance(document, dict | list):
        raise QueryError(
            f"cannot search for {value!r}: a query compares numbers, texts, truth values, times "
            "and None; name an element by its path, or use $exists"
        )
    return document  # type: ignore[no-any-return]


def _encode(value: Any, walk: Walk) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return encode_text(value)
    if kind is float:
        return encode_float(value)
    if kind is int:
        return encode_int(value, walk)
    if kind is list:
        return list(value) if _all_finite(value) else walk.each(value)
    if kind is dict:
        return _encode_dict(value, walk)
    return families.encode(value, walk)


def _all_finite(items: list[Any]) -> bool:
    # Long lists of floats are frequent, and one by one they take long.
    return set(map(type, items)) == {float} and all(map(math.isfinite, items))


def _is_flat(items: list[Any]) -> bool:
    return {dict, list}.isdisjoint(map(type, items))


def _encode_dict(value: dict[Any, Any], walk: Walk) -> dict[str, Any]:
    for key in value:
        if type(key) is not str or not storable(key):
            raise walk.refused(
                f"has the key {key!r} of type {type(key).__name__}",
                "keys are text without NUL characters and lone surrogates",
            )
    items = {key: walk.into(key, item) for key, item in value.items()}
    if TAG in items:
        return {TAG: "dict", "items": [[key, items[key]] for key in sorted(items)]}
    return items


def _decode(document: Any, walk: Walk) -> Any:
    if isinstance(document, list):
        return list(document) if _is_flat(document) else walk.each(document)
    if not isinstance(document, dict):
        return document
    if TAG not in document:
        return {key: walk.into(key, item) for key, item in document.items()}
    if document[TAG] == "dict":
        return _decode_dict(document, walk)
    decoder = families.decoder(document[TAG])
    if decoder is None:
        raise walk.malformed(f"the kind {document[TAG]!r} is unknown")
    try:
        return decoder(document, walk)
    except LumeServicesError:
        raise
    except Exception as error:
        raise walk.malformed(f"the {document[TAG]} is malformed ({error})") from error


def _decode_dict(tag: dict[str, Any], walk: Walk) -> dict[str, Any]:
    try:
        items = [(key, item) for key, item in tag["items"]]
        if not all(isinstance(key, str) for key, _ in items):
            raise TypeError("a key is no text")
    except (KeyError, TypeError, ValueError) as error:
        raise walk.malformed(f"the dict is malformed ({error})") from error
    return {key: walk.into(key, item) for key, item in items}


def _hashed(document: Any, version: int) -> Any:
    if isinstance(document, list):
        return document if _is_flat(document) else [_hashed(item, version) for item in document]
    if not isinstance(document, dict):
        return document
    if document.get(TAG) != "ndarray":
        return {key: _hashed(item, version) for key, item in document.items()}
    data = document["data"]
    if isinstance(data, Data):
        data = data.text() if version < VERSION else data.sha256
    elif not isinstance(data, list) and version >= VERSION:
        data = families.digest(document)
    return {**{key: item for key, item in document.items() if key != "order"}, "data": data}
