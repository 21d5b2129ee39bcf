"""Documents of results that are not inserted."""

from __future__ import annotations

from lume_services import Result
from lume_services.results.codec import VERSION
from lume_services.results.documents.saving import draft
from lume_services.services.results.db import Document


def document_of(result: Result) -> Document:
    """Return the document that ``result.insert()`` inserts."""
    with draft(result._described(VERSION)) as (document, values), values.placed():
        return document
