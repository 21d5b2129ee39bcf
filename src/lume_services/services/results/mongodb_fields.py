"""Documents as MongoDB keeps them: in one form, which is exact and can be searched.

Each key stands as a field with what its value is compared as: the number, text, truth value or
null itself, of a tag its ``value``, ``{}`` for an object and empty binary data for a list.
What is inside an object, a list or a tag stands beside it, in a field whose name ends with a
slash; the items of a list stand there under their indices. ``{"k": 1.5, "xs": ["a"]}`` is

    {"k": 1.5, "xs": b"", "xs/": {"%30": "a"}}

So every value that a query can name is one plain field, which an index can hold, there are no
arrays that MongoDB would search through unasked, and its own order of the kinds of values (null,
numbers, texts, objects, binary data, truth values) is the one of queries. BSON keeps 1 and 1.0
apart. In names, what could mean something to a server is escaped as in URLs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from lume_services.errors import InputError
from lume_services.extras import needed
from lume_services.services.results.query import Path

with needed("mongodb", "a results database in MongoDB"):
    import pymongo  # noqa: F401  # brings the next one, of whose name there are others
    from bson import Int64

Fields = dict[str, Any]

# MongoDB nests 180 levels deep at most.
MAX_DEPTH = 150

_SPECIAL = re.compile(r"[%./$]")
_LIST = b""
_TAG = "@lume"
_EMPTY = "%"
_PLAIN = (str, int, float, bool, type(None))


def field(path: Path) -> str:
    """Return the dotted name of the field that is compared for a path."""
    return "/.".join(map(_name, path))


def inside(path: Path) -> str:
    """Return the dotted name of the field with what is inside an object or a list."""
    return f"{field(path)}/"


def to_fields(document: Mapping[str, Any]) -> Fields:
    """Return the fields of a document.

    Raises
    ------
    InputError
        If it nests too deep.
    """
    return {"_id": document["unique_hash"], **_fields(document, MAX_DEPTH)}


def from_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of some fields; names that begin with a slash are not its own."""
    return dict(_entries(fields))


def value_at(path: Path, fields: Any) -> Iterator[Any]:
    """Yield what stands at a path, if anything does."""
    *above, last = map(_name, path)
    for name in above:
        fields = fields.get(f"{name}/", {})
    if last in fields:
        yield _value(fields[last], fields.get(f"{last}/"))


def _name(key: str) -> str:
    if key == "_id":
        return "%5Fid"
    # A name of digits could be taken for an index.
    if key[:1].isdigit() and key[0].isascii():
        return f"%3{_SPECIAL.sub(_escaped, key)}"
    return _SPECIAL.sub(_escaped, key) or _EMPTY


def _escaped(character: re.Match[str]) -> str:
    return f"%{ord(character[0]):02X}"


def _key(name: str) -> str:
    if "%" not in name:
        return name
    return "" if name == _EMPTY else unquote(name)


def _fields(container: Any, depth: int) -> Fields:
    if depth == 0:
        raise InputError(
            f"the document nests deeper than {MAX_DEPTH} levels, which is all that MongoDB takes; "
            "flatten it"
        )
    items = container.items() if isinstance(container, dict) else _indexed(container)
    fields: Fields = {}
    for key, item in items:
        name = _name(key)
        if isinstance(item, dict | list):
            fields[name] = _compared(item)
            if item:
                fields[f"{name}/"] = _fields(item, depth - 1)
        else:
            fields[name] = item
    return fields


def _indexed(items: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((str(index), item) for index, item in enumerate(items))


def _compared(container: Any) -> Any:
    if isinstance(container, dict):
        if _TAG not in container:
            return {}
        container = container.get("value", {})
    if isinstance(container, dict):
        return {}
    return _LIST if isinstance(container, list) else container


def _entries(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, compared in fields.items():
        if not name.endswith("/") and name[0] != "/" and name != "_id":
            yield _key(name), _value(compared, fields.get(f"{name}/"))


def _value(compared: Any, content: Any) -> Any:
    if content is None:
        return _empty(compared) if type(compared) not in _PLAIN else compared
    # What a tag is compared as may be a list, too.
    if _TAG in content:
        return dict(_entries(content))
    if compared == _LIST:
        return [item for _, item in _entries(content)]
    if compared != {}:
        raise ValueError("an object or a list is compared as something else")
    return dict(_entries(content))


def _empty(compared: Any) -> Any:
    if isinstance(compared, Int64):
        return int(compared)
    if compared == _LIST:
        return []
    if compared != {}:
        raise ValueError("what is no JSON stands in a document")
    return {}
