"""The contract of a results database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Document = dict[str, Any]
Query = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]


class ResultsDB(ABC):
    """Documents, each known by its hash and at most one for each flow run.

    A document is strict JSON with four texts at its top: ``unique_hash`` (its
    identity), ``content_hash``, ``project_name`` and ``flow_id``. It may have a list
    of texts ``links``, each at most once, that say what the document stands in
    relation to. What else it holds is the caller's business.
    ``lume_services.services.results.query`` says what a query means.

    Every method blocks until the database has answered, and a change is on disk, whole,
    when its method returns. One object serves all threads, and goes on working in the
    child of a fork; any number of processes may share a database. Errors: a database
    that cannot be reached, read or written raises ``StoreUnavailableError``, a query
    that is no query raises ``QueryError`` before the database is asked.
    """

    def insert(self, document: Document) -> bool:
        """Add a document; return False if it is there already.

        Raises
        ------
        ResultConflictError
            If there is another document of the same identity or flow run.
        """
        return self.insert_many([document]) == 1

    @abstractmethod
    def insert_many(self, documents: Sequence[Document]) -> int:
        """Add all documents or, on an error, none; return how many were not there yet.

        Raises
        ------
        ResultConflictError
            As in `insert`; names the first conflict.
        """

    @abstractmethod
    def find(
        self,
        query: Query,
        *,
        sort: Sort = (),
        limit: int | None = None,
        projection: Sequence[str] | None = None,
        linked_to: Collection[str] = (),
    ) -> Iterator[Document]:
        """Return the matching documents, read one after the other as they are asked for.

        Parameters
        ----------
        query
            Filter of MongoDB's form; an empty one matches all.
        sort
            Pairs of path and 1 (ascending) or -1; then, and for equals, in order of insertion.
        limit
            At most so many.
        projection
            Paths; each document is then ``{path: value}`` for those that it has.
        linked_to
            Only documents with any of these links; without links, all.
        """

    @abstractmethod
    def count(self, query: Query) -> int:
        """Return the number of matching documents."""

    @abstractmethod
    def delete(self, query: Query) -> int:
        """Delete the matching documents, all or none; return how many."""

    @abstractmethod
    def links(self, prefix: str) -> Iterator[str]:
        """Return, in order, each different link that begins with a text."""

    @abstractmethod
    def index(self, path: str) -> None:
        """Make queries and sorts on a path fast at any size; do nothing if they are already."""

    @abstractmethod
    def indexes(self) -> list[str]:
        """Return the paths that were given to `index`."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections; a later call opens them again."""
