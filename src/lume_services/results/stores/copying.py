"""Copying results, with the values that are kept apart from them, between databases."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lume_services.errors import InputError, ResultNotFoundError, ResultsError
from lume_services.results.documents import references
from lume_services.results.origin import environment
from lume_services.results.stores import integrity

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.services.results.db import Document, Query, ResultsDB

Progress = Callable[[int], object]

_AT_A_TIME = 50
_BYTES_AT_A_TIME = 8 << 20
_HEAD = ("unique_hash", "content_hash")


@dataclass
class Copied:
    """What was copied.

    Parameters
    ----------
    results
        How many results are in the other database now that were not.
    there
        How many were there already.
    values, size
        How many values that are kept apart were copied, and their size in bytes.
    files
        How many files the results refer to, by the identifier of the filesystem. Files stay
        where they are.
    """

    results: int = 0
    there: int = 0
    values: int = 0
    size: int = 0
    files: Counter[str] = field(default_factory=Counter)


def copy(source: Services, target: Services, project: str | None, progress: Progress) -> Copied:
    """Copy results, each with its values or not at all; what is there already is left alone.

    Every document is compared with its hash before, and with what the other database gives back
    after it was copied. A copy that ended early goes on where it was when it is called again.
    What is saved in the source meanwhile is for the next call.

    Parameters
    ----------
    source, target
        The services of both databases.
    project
        Copy the results of this project only.
    progress
        Called with the number of results that are done.

    Raises
    ------
    InputError
        If both are the same database.
    ResultNotFoundError
        If there is nothing to copy.
    ResultConflictError
        If the other database has other results of the same runs.
    ResultsError, FileServiceError
        If a document or a value is damaged; names the result.
    """
    if source.settings.results_db_url == target.settings.results_db_url:
        raise InputError("the results would be copied into their own database; name another one")
    copied = Copied()
    query = {} if project is None else {"project_name": project}
    for heads in _heads(source.results_db, query):
        _copy(source, target, heads, copied)
        progress(copied.results + copied.there)
    if not copied.results + copied.there:
        of = "" if project is None else f" of project {project!r}"
        raise ResultNotFoundError(
            f"there are no results{of} to copy; name another project or database"
        )
    for path in source.results_db.indexes():
        target.results_db.index(path)
    return copied


def _heads(results_db: ResultsDB, query: Query) -> Iterator[dict[str, str]]:
    """Yield the hashes of the contents of some documents at a time, by their identities."""
    # Noted first: copying may take longer than a server waits for who reads.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as noted:
        for head in results_db.find(query, projection=_HEAD):
            if head.keys() != set(_HEAD):
                raise ResultsError(
                    f"document {head.get('unique_hash')!r} has no {' or '.join(_HEAD)}, as results "
                    "have; put a backup in its place, or delete it."
                )
            noted.write(f"{json.dumps([head[name] for name in _HEAD])}\n")
        noted.seek(0)
        while lines := list(itertools.islice(noted, _AT_A_TIME)):
            yield dict(map(json.loads, lines))


def _copy(source: Services, target: Services, heads: dict[str, str], copied: Copied) -> None:
    there = _there(target, heads)
    copied.there += len(there)
    absent = [identity for identity in heads if identity not in there]
    part: list[Document] = []
    size = 0
    for document in source.results_db.find({"unique_hash": {"$in": absent}}):
        part.append(document)
        size += len(json.dumps(document))
        if size > _BYTES_AT_A_TIME:
            _copy_part(source, target, part, copied)
            part, size = [], 0
    _copy_part(source, target, part, copied)


def _there(target: Services, heads: dict[str, str]) -> set[str]:
    """Return the identities of the results that are there, with all their values."""
    found = target.results_db.find(
        {"unique_hash": {"$in": list(heads)}}, projection=(*_HEAD, "links")
    )
    return {
        head["unique_hash"]
        for head in found
        if head["content_hash"] == heads[head["unique_hash"]]
        and integrity.has_values(head, target.values)
    }


def _copy_part(
    source: Services, target: Services, part: Sequence[Document], copied: Copied
) -> None:
    if not part:
        return
    values: dict[str, integrity.Kept] = {}
    with target.values.saving() as saving:
        for document in part:
            integrity.check(document, source.values)
            copied.files.update(_filesystems(document))
            found = integrity.values_of(document, source.values)
            values.update((value.stored.sha256, value) for value in found)
            made = document.get("provenance") or {}
            environment.copy(made.get("environment"), source, target)
        for value in values.values():
            saving.keep(value, value.stat)
        with saving.placed():
            new = target.results_db.insert_many(part)
    _compare(part, target.results_db, all_new=new == len(part))
    copied.results += new
    copied.there += len(part) - new
    copied.values += len(values)
    copied.size += sum(value.stat.size for value in values.values())


def _compare(part: Sequence[Document], target: ResultsDB, *, all_new: bool) -> None:
    wanted = {document["unique_hash"]: document for document in part}
    for found in target.find({"unique_hash": {"$in": list(wanted)}}):
        document = wanted.pop(found["unique_hash"])
        # The same result may have been saved there by another program, at another time.
        compared = document.keys() if all_new else ("content_hash",)
        if any(_text(found.get(key)) != _text(document[key]) for key in compared):
            wanted[found["unique_hash"]] = document
            break
    if wanted:
        raise ResultsError(
            f"the result {next(iter(wanted))} was copied, and the other database gives it back "
            "changed or not at all; check that database and its disk"
        )


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True)


def _filesystems(document: Document) -> list[str]:
    found = [*references.sources(document), *references.products(document)]
    return [each["filesystem_identifier"] for each in found if references.is_file(each)]
