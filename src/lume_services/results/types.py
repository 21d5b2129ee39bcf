"""Result classes by the names that documents hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lume_services import plugins
from lume_services.errors import InputError, ResultsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from lume_services.results.result import Result

GROUP = "lume_services.results"

_registered: dict[str, type[Result]] = {}


def name(cls: type[Result]) -> str:
    """Return a class's name in documents: ``Result``, else ``module:Class``."""
    if cls.__module__ == "lume_services.results.result":
        return cls.__qualname__
    return f"{cls.__module__}:{cls.__qualname__}"


def check(cls: type[Result], provenance: Collection[str], reserved: Collection[str]) -> None:
    """Refuse a class with a field or a ``unique_on`` that documents cannot have.

    Parameters
    ----------
    cls
        The class.
    provenance, reserved
        Fields that are no identity, and names that no field can have.
    """
    taken = [name for name in reserved if name in cls.model_fields]
    if taken:
        raise InputError(f"{cls.__name__} has the field {taken[0]!r}; documents use it, rename it")
    allowed = [name for name in cls.model_fields if name not in provenance]
    names = cls.unique_on if isinstance(cls.unique_on, list | tuple) else ()
    if not names or any(name not in allowed for name in names):
        raise InputError(
            f"unique_on of {cls.__name__} is {cls.unique_on!r}; give a list of one or more of "
            f"the fields {', '.join(allowed)}"
        )


def register(cls: type[Result]) -> None:
    """Register a class; of two with the same name, the later one stands."""
    _registered[name(cls)] = cls


def get(wanted: str) -> type[Result]:
    """Return a class by name.

    A module is imported only if an installed package offers the name in the entry-point
    group ``lume_services.results``; that a document asks for it is not enough.

    Raises
    ------
    ResultsError
        If no such class is registered.
    """
    if wanted not in _registered and wanted in plugins.names(GROUP):
        register(plugins.load(GROUP, wanted))
    try:
        return _registered[wanted]
    except KeyError:
        raise ResultsError(
            f"result type {wanted!r} is not registered; known are: "
            f"{', '.join(sorted(_registered))}. Import the module that defines it, or install a "
            f"package that offers it under this name in the entry-point group {GROUP!r}."
        ) from None


def names_of(cls: type[Result]) -> list[str]:
    """Return the names of a class and its registered subclasses."""
    return sorted(known for known, made in _registered.items() if issubclass(made, cls))


def fields() -> set[str]:
    """Return the names of the fields of all registered classes."""
    return {field for made in _registered.values() for field in made.model_fields}
