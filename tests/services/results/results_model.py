"""Documents for tests, and what a query means: the table in ``query``, over plain documents."""

from __future__ import annotations

import operator
from typing import Any

from lume_services import plugins
from lume_services.services.results import query as q
from lume_services.services.results.db import ResultsDB
from lume_services.settings import RESULTS_DBS, scheme

MISSING = object()
_COMPARE = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
_RANKS = {"number": 1, "text": 2, "object": 3, "array": 4, "boolean": 5}


def document(number: int = 0, **entries: Any) -> dict[str, Any]:
    """Return a document of its own flow run."""
    return {
        "unique_hash": f"hash-{number}",
        "content_hash": f"content-{number}",
        "project_name": "test",
        "flow_id": f"run-{number}",
        **entries,
    }


def open_store(url: str) -> ResultsDB:
    store: ResultsDB = plugins.load(RESULTS_DBS, scheme(url))(url)
    return store


def at(document: Any, path: q.Path) -> Any:
    for key in path:
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and q.is_index(key) and int(key) < len(document):
            document = document[int(key)]
        else:
            return MISSING
    return document


def sorted_into(value: Any) -> tuple[str, Any]:
    """Return the sort of a value and what it is compared as."""
    if isinstance(value, dict) and "@lume" in value:
        value = value.get("value", {})
    if value is MISSING:
        return "missing", None
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int | float):
        return "number", value
    if isinstance(value, str):
        return "text", value
    return ("object" if isinstance(value, dict) else "array"), None


def equal(found: Any, operand: Any) -> bool:
    kind, value = sorted_into(found)
    if operand is None:
        return kind in ("missing", "null")
    return kind == sorted_into(operand)[0] and value == operand


def matches(tree: q.Filter, document: Any) -> bool:
    match tree:
        case q.AllOf(parts):
            return all(matches(part, document) for part in parts)
        case q.AnyOf(parts):
            return any(matches(part, document) for part in parts)
        case q.Exists(path, expected):
            return (at(document, path) is not MISSING) is expected
        case q.Among(path, operands, negated):
            found = at(document, path)
            return any(equal(found, operand) for operand in operands) is not negated
        case q.Comparison(path, "$eq", operand):
            return equal(at(document, path), operand)
        case q.Comparison(path, "$ne", operand):
            return not equal(at(document, path), operand)
        case q.Comparison(path, name, operand):
            kind, value = sorted_into(at(document, path))
            return kind == sorted_into(operand)[0] and _COMPARE[name](value, operand)
    raise AssertionError(tree)


def in_order(documents: list[Any], sort: list[tuple[q.Path, int]]) -> list[Any]:
    for path, direction in reversed(sort):
        documents = sorted(documents, key=lambda doc: _rank(doc, path), reverse=direction == -1)
    return documents


def _rank(document: Any, path: q.Path) -> tuple[int, Any]:
    kind, value = sorted_into(at(document, path))
    return _RANKS.get(kind, 0), 0 if value is None else value
