"""Values in queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lume_services.results.codec import comparable


def comparable_query(query: Any) -> Any:
    """Return a query with its values as stores compare them.

    Raises
    ------
    QueryError
        If values of a kind cannot be searched for.
    """
    if isinstance(query, Mapping):
        return {key: comparable_query(value) for key, value in query.items()}
    if isinstance(query, list | tuple):
        return [comparable_query(value) for value in query]
    return comparable(query)
