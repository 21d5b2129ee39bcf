"""The document that a reference, a hash, a run or the beginning of either means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lume_services.errors import InputError, ResultNotFoundError
from lume_services.results.documents import document as documents
from lume_services.results.result import Result
from lume_services.services.results.db import Document, ResultsDB

_SHOWN = 5
_LAST = "\U0010ffff"


def document_of(result: Any, results_db: ResultsDB) -> Document:
    """Return the one document that is meant.

    Parameters
    ----------
    result
        A reference from `Result.unique_rep`, a result's hash, the id of the run that saved
        it, or the beginning of either.
    results_db
        Where it is.

    Raises
    ------
    ResultNotFoundError
        If there is none.
    InputError
        If there are several, or the reference is no reference.
    """
    text = result.get("unique_hash") if isinstance(result, Mapping) else result
    if not isinstance(text, str) or not text:
        raise InputError(
            f"{result!r} names no result; give its reference, its hash, the id of the run that "
            "saved it, or the beginning of either."
        )
    for exactly in (True, False):
        found = list(results_db.find({"$or": _tests(text, exactly)}, limit=_SHOWN + 1))
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"{text!r} begins {_listed(found)}; give more of one.")
    raise ResultNotFoundError(
        f"no result has a hash or a run id that begins with {text!r}; "
        "lume-services results find lists those that there are."
    )


def fields_of(document: Document) -> dict[str, Any]:
    """Return the fields of a result, also of one whose class is not registered here.

    Those that all results have are of their types.
    """
    fields = documents.read(document, lazy=document.keys())
    common = {name: fields[name] for name in Result.model_fields if name in fields}
    return {**fields, **Result._from_fields(document, common)._fields()}


def _tests(text: str, exactly: bool) -> list[dict[str, Any]]:
    wanted = text if exactly else {"$gte": text, "$lt": text + _LAST}
    return [{name: wanted} for name in ("unique_hash", "flow_id", "flow_run_id")]


def _listed(found: list[Document]) -> str:
    hashes = [document["unique_hash"] for document in found[:_SHOWN]]
    more = " and others" if len(found) > _SHOWN else ""
    return f"several results: {', '.join(hashes)}{more}"
