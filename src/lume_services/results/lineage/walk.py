"""Walks from results to files to results, a step at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from lume_services.errors import InputError, LumeServicesError
from lume_services.results.codec import decode
from lume_services.results.documents import document as documents
from lume_services.results.documents import references
from lume_services.results.documents.references import Reference
from lume_services.services.results.db import Document

if TYPE_CHECKING:
    from lume_services.config import Services

_References = dict[str, Reference]

_AT_ONCE = 200
_RESULT = ("result_type", "project_name", "unique_hash")
_DIGEST = re.compile(r"file:[0-9a-f]{64}")


@dataclass(frozen=True)
class Node:
    """A result or a file.

    Parameters
    ----------
    key
        ``result:<hash>`` or ``file:<sha256>``; for a file of unknown content its name.
    reference
        Its JSON reference.
    missing
        Whether a result is not in the database, or a file not where it was.
    flow_name, flow_run_id, created
        Of a result: what saved it, and when.
    """

    key: str
    reference: Reference
    missing: bool = False
    flow_name: str | None = None
    flow_run_id: str | None = None
    created: datetime | None = None

    @property
    def kind(self) -> Literal["result", "file"]:
        """What it is."""
        return "result" if "unique_hash" in self.reference else "file"


@dataclass
class Walk:
    """What was found so far.

    Parameters
    ----------
    services
        Where results and files are.
    limit
        How many nodes at most.
    """

    services: Services
    limit: int
    nodes: dict[str, Node] = field(default_factory=dict)
    cut: bool = False
    _edges: dict[tuple[str, str], None] = field(default_factory=dict)
    _sources: dict[str, _References] = field(default_factory=dict)
    _products: dict[str, _References] = field(default_factory=dict)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """What was taken and what was made from it, of the nodes that the limit has left."""
        return tuple(edge for edge in self._edges if self.nodes.keys() >= set(edge))

    def start_result(self, document: Document) -> str:
        """Begin at a result; return its key."""
        return str(self._read(document))

    def start_file(self, ref: str | Mapping[str, Any]) -> str:
        """Begin at a file; return its key."""
        if isinstance(ref, Mapping):
            key = references.key(ref)
            if key is None:
                raise InputError(f"the content of file {ref!r} is not known, so nothing joins it.")
            self._add_file(key, ref)
            return key
        if not _DIGEST.fullmatch(ref):
            raise InputError(f"{ref!r} is no file; give file: and the SHA-256 of its content.")
        self._add_file(ref, _bare(ref))
        return ref

    def up(self, start: str, depth: int | None) -> None:
        """Find what the start was made from, so many results away."""
        level, seen = [start], {start}
        while level and depth != 0:
            taken = self._taken(level)
            found = dict.fromkeys([*self._results(taken), *self._makers(taken)])
            level = [key for key in found if key not in seen]
            seen.update(level)
            depth = None if depth is None else depth - 1

    def down(self, start: str, depth: int | None) -> None:
        """Find what was made from the start, so many results away."""
        level, seen = [start], {start}
        while level and depth != 0:
            made = self._made(level)
            found = dict.fromkeys(self._users(made))
            level = [key for key in found if key not in seen]
            seen.update(level)
            depth = None if depth is None else depth - 1

    def _taken(self, level: Sequence[str]) -> _References:
        """Return the sources of results; a file at the start stands for itself."""
        taken = {key: self.nodes[key].reference for key in level if key not in self._sources}
        for made in level:
            for key, reference in self._sources.get(made, {}).items():
                taken[key] = reference
                self._edges[key, made] = None
        for key, reference in taken.items():
            if "sha256" in reference:
                self._add_file(key, reference)
        return taken

    def _results(self, taken: _References) -> Iterator[str]:
        """Read the results among sources; those that are not there are shown as missing."""
        wanted = {r["unique_hash"]: r for r in taken.values() if "unique_hash" in r}
        for some in _batches(wanted):
            query = {"unique_hash": {"$in": some}}
            for document in self.services.results_db.find(query):
                wanted.pop(document["unique_hash"])
                key = self._read(document)
                if key is not None:
                    yield key
        for reference in wanted.values():
            self._add(Node(_key(reference), reference, missing=True))

    def _makers(self, taken: _References) -> Iterator[str]:
        """Read the results that have made the files among sources."""
        for key in self._linked("made", [key for key in taken if key.startswith("file:")]):
            for file in taken.keys() & self._products[key].keys():
                self._add_file(file, self._products[key][file])
                self._edges[key, file] = None
            yield key

    def _made(self, level: Sequence[str]) -> list[str]:
        """Return the results of a level and the files that they have made."""
        made = dict.fromkeys(level)
        for key in level:
            for file, reference in self._products.get(key, {}).items():
                self._add_file(file, reference)
                self._edges[key, file] = None
                made[file] = None
        return list(made)

    def _users(self, made: Sequence[str]) -> Iterator[str]:
        """Read the results that were made from results and files."""
        wanted = set(made)
        for key in self._linked("from", made):
            for source in wanted & self._sources[key].keys():
                if source.startswith("file:"):
                    self._add_file(source, self._sources[key][source])
                self._edges[source, key] = None
            yield key

    def _linked(self, relation: str, keys: Sequence[str]) -> Iterator[str]:
        for some in _batches(keys):
            links = [f"{relation}:{key}" for key in some]
            for document in self.services.results_db.find({}, linked_to=links):
                key = self._read(document)
                if key is None:
                    return
                yield key

    def _read(self, document: Document) -> str | None:
        """Add a result; return its key, or None if there is no room for it."""
        documents.check(document)
        reference = {name: document[name] for name in _RESULT}
        key = _key(reference)
        known = Node(
            key,
            reference,
            flow_name=document.get("flow_name"),
            flow_run_id=document.get("flow_run_id"),
            created=decode(document.get("created")),
        )
        if not self._add(known):
            return None
        self._sources[key] = {
            **_named(document, "from:"),
            **{_key(each): each for each in references.sources(document)},
        }
        self._products[key] = {
            **_named(document, "made:"),
            **{_key(each): each for each in references.products(document)},
        }
        return key

    def _add_file(self, key: str, reference: Reference) -> None:
        known = self.nodes.get(key)
        if known is not None and (known.reference["filename"] or not reference["filename"]):
            return
        node = Node(key, dict(reference), missing=not self._exists(reference))
        if known is None:
            self._add(node)
        else:
            self.nodes[key] = node

    def _add(self, node: Node) -> bool:
        if node.key not in self.nodes and len(self.nodes) >= self.limit:
            self.cut = True
            return False
        self.nodes.setdefault(node.key, node)
        return True

    def _exists(self, reference: Reference) -> bool:
        if reference["filename"] is None:
            return False
        try:
            return self.services.files.exists(
                reference["filesystem_identifier"], reference["filename"]
            )
        except LumeServicesError:  # a filesystem that is not configured here, say
            return False


def _key(reference: Reference) -> str:
    """Return the key of a node; a file of unknown content is only itself."""
    named = f"file {reference.get('filesystem_identifier')}:{reference.get('filename')}"
    return references.key(reference) or named


def _named(document: Document, relation: str) -> _References:
    """Return what a document's links name, also where the references are kept apart from it."""
    links = (link for link in document.get("links", ()) if link.startswith(relation))
    keys = [link.removeprefix(relation) for link in links]
    return {key: _bare(key) for key in keys}


def _bare(key: str) -> Reference:
    """Return as much of a reference as a key tells."""
    kind, _, identity = key.partition(":")
    if kind == "file":
        return {"filename": None, "sha256": identity}
    return {"result_type": "Result", "project_name": "", "unique_hash": identity}


def _batches(keys: Collection[str]) -> Iterator[list[str]]:
    remaining = iter(list(keys))
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
