"""Finding results: those of a project, as far as they match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lume_services.errors import InputError
from lume_services.results.documents.queries import comparable_query
from lume_services.results.finding.columns import parse_columns, parse_order
from lume_services.results.finding.expression import compile_expression
from lume_services.results.finding.selection import Selection
from lume_services.results.result import Result
from lume_services.services.results.query import parse, parse_sort

Order = str | Sequence[str | tuple[str, int]]


class Results:
    """The results of a project, or of all.

    Parameters
    ----------
    project
        Name of the project; None for all.
    """

    def __init__(self, project: str | None = None) -> None:
        if project == "" or not isinstance(project, str | None):
            raise InputError(f"a project is a name or None for all projects, not {project!r}")
        self._project = project

    def __repr__(self) -> str:
        return f"Results({self._project!r})" if self._project else "Results()"

    def __iter__(self) -> Iterator[Result]:
        """Return all of them, the oldest first."""
        return iter(self.find())

    def find(
        self,
        where: str | Mapping[str, Any] = "",
        *,
        sort: Order = "time",
        limit: int | None = None,
        columns: str | Sequence[str] | None = None,
    ) -> Selection:
        """Return the matching results as a selection, which reads them when it is used.

        Parameters
        ----------
        where
            An expression such as ``"inputs.k1 > 1.2 and outputs.size < 1e-6"``, or a filter of
            MongoDB's form. By default all match.
        sort
            Paths, a minus before those that go from the largest to the smallest. By default the
            oldest come first; ``"-time"`` puts the newest first. Equals are in order of insertion.
        limit
            At most so many.
        columns
            Paths for tables, in a text separated by commas or one by one. By default all.

        Raises
        ------
        QueryError
            If any of it cannot be understood; before the database is asked.
        """
        order = parse_order(sort)
        parse_sort(order)
        if limit is not None and (type(limit) is not int or limit < 0):
            raise InputError(f"limit is a number of results or None, not {limit!r}")
        return Selection(
            query=self._query(where),
            sort=tuple(order),
            limit=limit,
            columns=parse_columns(columns),
            project=self._project,
            where=where if isinstance(where, str) else "",
        )

    def _query(self, where: str | Mapping[str, Any]) -> dict[str, Any]:
        query = compile_expression(where) if isinstance(where, str) else comparable_query(where)
        parse(query)
        if self._project is None:
            return query
        return {"$and": [{"project_name": self._project}, *([query] if query else [])]}
