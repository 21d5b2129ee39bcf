"""Database results: what a flow run found, as a document that can be found again."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError
from pydantic_core import ErrorDetails

from lume_services.errors import InputError, ResultNotFoundError, ResultsError
from lume_services.results import types
from lume_services.results.codec import VERSION
from lume_services.results.documents import document as documents
from lume_services.results.documents.queries import comparable_query
from lume_services.results.documents.saving import save
from lume_services.results.origin import provenance
from lume_services.results.origin.provenance import Provenance
from lume_services.services.results.db import Document, ResultsDB
from lume_services.services.scheduling.nearest import hint


class Result(BaseModel):
    """What a flow run found: one document of the results database.

    Inside a flow run, the project and the flow id are those of the run; outside, the flow
    id is to be given. Provenance is filled in. Values are everything that
    ``lume_services.results.codec`` lists; anything else is refused here, with its path.

    A subclass may have fields of its own, and ``unique_on``: the names of the fields that
    make a result the same as another. A result whose identity is saved already is not
    saved again, and refused if its contents differ. Time, host and the rest of the
    provenance are neither identity nor contents.

    Parameters
    ----------
    project_name, flow_id
        The flow run that the result belongs to. A run has one result.
    inputs, outputs
        Values by name.
    flow_name, flow_run_id, package, version
        Provenance: the flow, its run, its distribution and version.
    parents
        Provenance: references of the results and files that the run has loaded.
    created, host
        Provenance: when and where.
    provenance
        The rest of it; None in documents of early versions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    unique_on: ClassVar[Sequence[str]] = ("project_name", "flow_id", "inputs", "outputs")

    project_name: str = Field(min_length=1)
    flow_id: str = Field(min_length=1)
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    flow_name: str | None = None
    flow_run_id: str | None = None
    parents: tuple[dict[str, Any], ...] = ()
    package: str | None = None
    version: str | None = None
    created: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    host: str = Field(default_factory=platform.node)
    provenance: Provenance | None = None

    # That of the document that it was loaded from: references to it stay as they were.
    _document_version: int = PrivateAttr(default=VERSION)

    def __init__(self, **fields: Any) -> None:
        # Documents have all of it.
        given = fields.keys() >= {"project_name", "flow_id", "provenance"}
        known = {} if given else provenance.of_run()
        try:
            super().__init__(**{**known, **fields})
        except ValidationError as error:
            raise _refused(type(self), error) from error
        documents.check_fields(self._fields())

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the subclass, so that its documents load wherever it is imported."""
        super().__pydantic_init_subclass__(**kwargs)
        types.check(cls, documents.PROVENANCE, documents.ADDED)
        types.register(cls)

    def __eq__(self, other: object) -> bool:
        """Whether saving both would save one document."""
        if not isinstance(other, Result):
            return NotImplemented
        return self._identity(VERSION) == other._identity(VERSION)

    def __hash__(self) -> int:
        """Hash the identity."""
        return hash(self._identity(VERSION)["unique_hash"])

    def _repr_html_(self) -> str:
        """Return tables of its values for notebooks, arrays summarised."""
        from lume_services.pictures import html, values

        created = self.created.isoformat(" ", "seconds")
        facts = (f"project {self.project_name}", f"flow id {self.flow_id}", created)
        inputs = html.table(("Input", ""), values.named(self.inputs))
        outputs = html.table(("Output", ""), values.named(self.outputs))
        return html.sheet(type(self).__name__, facts, inputs, outputs)

    def insert(self) -> dict[str, Any]:
        """Save the result, unless it is saved already, and return its reference.

        Raises
        ------
        ResultConflictError
            If the flow run has saved a different result.
        StoreUnavailableError, FileServiceError
            If the database, or the folder of its large values, cannot be used. The result is kept
            in a file that the message names; see `lume_services.results.stores.flushing`.
        """
        document = save(self._described(self._document_version))
        rep = _rep(document)
        provenance.record_result(rep)
        return rep

    def unique_rep(self) -> dict[str, Any]:
        """Return the small JSON reference that `load` takes."""
        identity = self._identity(self._document_version)
        return _rep({**identity, "project_name": self.project_name})

    @classmethod
    def load(cls, rep: Any) -> Self:
        """Load the result that a reference stands for, as the class that it was saved as.

        The current flow run remembers the result as one of its parents.

        Parameters
        ----------
        rep
            What `unique_rep` returned.

        Raises
        ------
        ResultNotFoundError
            If it is not in the database.
        ResultsError
            If its class is not registered or is no subclass of this one.
        """
        unique_hash = rep.get("unique_hash") if isinstance(rep, Mapping) else None
        if not isinstance(unique_hash, str):
            raise InputError(
                f"a result reference is a dictionary with 'unique_hash', not {rep!r}; "
                "give what Result.unique_rep() or save_db_result returned"
            )
        for document in _db().find({"unique_hash": unique_hash}):
            result = cls._from_document(document)
            provenance.record_parent(_rep(document))
            return result
        raise ResultNotFoundError(
            f"no result {unique_hash} in the results database; it was never inserted, was "
            "deleted, or is in another database (see `lume-services config show`)"
        )

    @classmethod
    def _from_fields(cls, document: Document, fields: Mapping[str, Any]) -> Self:
        """Return the result that a document holds in these fields, trusted in nothing."""
        try:
            return cls(**fields)
        except InputError as error:
            raise ResultsError(
                f"result {document['unique_hash']} cannot be loaded: {error}. It was damaged, or "
                f"saved by another version of {types.name(cls)}."
            ) from error

    @classmethod
    def load_from_query(cls, query: Mapping[str, Any]) -> Self:
        """Load the only result that matches a query.

        Parameters
        ----------
        query
            Filter of MongoDB's form, for example ``{"inputs.k1": {"$gt": 1.2}}``.

        Raises
        ------
        ResultNotFoundError
            If nothing matches.
        ResultsError
            If several results match; says how many.
        """
        found = list(cls.find(query, limit=2))
        if len(found) == 1:
            return found[0]
        if not found:
            raise ResultNotFoundError(
                f"no {cls.__name__} matches {dict(query)!r}; widen the query, or check the "
                "names of its paths"
            )
        raise ResultsError(
            f"{_db().count(cls._query(query))} results match {dict(query)!r}, and one is "
            "expected; narrow the query, or use find"
        )

    @classmethod
    def find(
        cls,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int | None = None,
    ) -> Iterator[Self]:
        """Return the matching results of this class and its subclasses, one after the other.

        Parameters
        ----------
        query
            Filter of MongoDB's form. Values may be of any kind that can be compared.
        sort
            Pairs of path and 1 or -1.
        limit
            At most so many.
        """
        found = _db().find(cls._query(query), sort=sort, limit=limit)
        return (cls._from_document(document) for document in found)

    @classmethod
    def _query(cls, query: Mapping[str, Any]) -> dict[str, Any]:
        plain = comparable_query(query)
        if cls is Result:
            return plain  # type: ignore[no-any-return]
        return {"$and": [{"result_type": {"$in": types.names_of(cls)}}, plain]}

    @classmethod
    def _from_document(cls, document: Document) -> Self:
        documents.check(document)
        found = types.get(document["result_type"])
        if not issubclass(found, cls):
            raise ResultsError(
                f"result {document['unique_hash']} is a {types.name(found)}, not a "
                f"{types.name(cls)}; use Result, which takes all"
            )
        # A field that is declared as something gets what it is declared as.
        lazy = [n for n, f in found.model_fields.items() if f.annotation in (Any, dict[str, Any])]
        result = found._from_fields(document, documents.read(document, lazy))
        result._document_version = document["document_version"]
        return result

    def _fields(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields["parents"] = list(self.parents)
        fields["provenance"] = _plain(self.provenance)
        return fields

    def _described(self, version: int) -> documents.Described:
        return documents.Described(self._fields(), types.name(type(self)), self.unique_on, version)

    def _identity(self, version: int) -> Document:
        return documents.identify(self._described(version))


types.register(Result)


def _db() -> ResultsDB:
    # Declaring results needs no settings, so their libraries wait for the first use.
    from lume_services import config

    return config.current().results_db


def _plain(provenance: Provenance | None) -> dict[str, Any] | None:
    if provenance is None:
        return None
    return {**dict(provenance), "saved": list(provenance.saved)}


def _rep(document: Document) -> dict[str, Any]:
    return {key: document[key] for key in ("result_type", "project_name", "unique_hash")}


def _refused(cls: type[Result], error: ValidationError) -> InputError:
    problems = [_problem(cls, details) for details in error.errors(include_url=False)]
    return InputError(f"{cls.__name__} cannot be made: {'; '.join(problems)}")


def _problem(cls: type[Result], details: ErrorDetails) -> str:
    place = ".".join(map(str, details["loc"]))
    if details["type"] == "missing" and place == "flow_id":
        return "flow_id is missing: give it, as this is no flow run to take it from"
    if details["type"] == "missing":
        return f"{place} is missing: give it"
    if details["type"] == "extra_forbidden":
        return f"unknown field {place!r}; {hint(place, cls.model_fields)}"
    expected = details["msg"][0].lower() + details["msg"][1:]
    return f"{place} is of type {type(details['input']).__name__}: {expected}"
