"""What differs between two results: what they were given, what they found, what made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Number
from typing import Any, Final, Literal

from lume_services.results.codec import canonical, encode
from lume_services.results.difference.arrays import Elements, as_array, columns, compare, same
from lume_services.results.documents import references
from lume_services.results.result import Result

__all__ = ["Change", "Difference", "Elements", "diff"]

ABSENT: Final = "absent"

# When and as what they were saved always differs.
_LEFT_OUT = frozenset({"created", "flow_id", "flow_run_id", "started", "saved"})
_MADE_BY = ("project_name", "flow_name", "package", "version", "host")
_APART = frozenset({"inputs", "parents", "provenance", *_MADE_BY, *_LEFT_OUT})


@dataclass(frozen=True)
class Change:
    """A place where two results differ.

    Parameters
    ----------
    path
        The place, for example ``outputs.beam.x[3]``.
    kind
        ``changed``, or that one of them has nothing there: ``added`` or ``removed``.
    before, after
        The two values; None where there is none.
    relative
        Of two numbers: the difference over the larger magnitude.
    elements
        Of two arrays: how many elements differ, and how much.
    """

    path: str
    kind: Literal["changed", "added", "removed"]
    before: Any
    after: Any
    relative: float | None = None
    elements: Elements | None = None


@dataclass(frozen=True)
class Difference:
    """What differs between two results.

    Parameters
    ----------
    inputs, outputs
        In what they were given and found; ``outputs`` has the fields of subclasses too.
    provenance
        In what they were made by and from: versions, parameters, sources, host.
    """

    inputs: tuple[Change, ...]
    outputs: tuple[Change, ...]
    provenance: tuple[Change, ...]

    @property
    def same_contents(self) -> bool:
        """Whether inputs and outputs are equal."""
        return not (self.inputs or self.outputs)


def diff(a: Result, b: Result) -> Difference:
    """Return what differs between two results.

    NaN equals NaN. Large arrays are read a block at a time.

    Parameters
    ----------
    a, b
        The results: what stands in the first is called ``before``.
    """
    return of_fields(_fields(a), _fields(b))


def of_fields(a: Mapping[str, Any], b: Mapping[str, Any]) -> Difference:
    """Return what differs between two results that are given by their fields."""
    found = {name: value for name, value in a.items() if name not in _APART}
    other = {name: value for name, value in b.items() if name not in _APART}
    return Difference(
        inputs=tuple(_changes(a["inputs"], b["inputs"], "inputs")),
        outputs=tuple(_changes(found, other, "")),
        provenance=tuple(_changes(_made(a), _made(b), "")),
    )


def _fields(result: Result) -> dict[str, Any]:
    fields = {name: getattr(result, name) for name in type(result).model_fields}
    made = result.provenance
    return {**fields, "provenance": made and dict(made)}


def _made(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what says how a result was made, with its sources by their keys."""
    rest = {
        name: value
        for name, value in (fields.get("provenance") or {}).items()
        if name not in _LEFT_OUT
    }
    parents = [rep for rep in fields["parents"] if references.is_reference(rep)]
    named = {references.key(rep) or repr(rep): rep for rep in parents}
    made = {**{name: fields.get(name) for name in _MADE_BY}, **rest}
    return {name: value for name, value in made.items() if value is not None} | {"parents": named}


def _changes(a: Any, b: Any, path: str) -> Iterator[Change]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            yield from _item(a.get(key, ABSENT), b.get(key, ABSENT), _below(path, key))
        return
    one, other = as_array(a), as_array(b)
    if one is not None and other is not None:
        if not same(one, other) or type(a) is not type(b):
            yield Change(path, "changed", a, b, elements=compare(one, other))
    elif type(a) is type(b) and isinstance(a, list | tuple):
        for index in range(max(len(a), len(b))):
            pair = [each[index] if index < len(each) else ABSENT for each in (a, b)]
            yield from _item(pair[0], pair[1], f"{path}[{index}]")
    elif type(a) is type(b) and columns(a) is not None:
        yield from _changes(columns(a), columns(b), path)
    elif canonical(encode(a)) != canonical(encode(b)):
        yield Change(path, "changed", a, b, relative=_relative(a, b))


def _item(a: Any, b: Any, path: str) -> Iterator[Change]:
    if a is ABSENT:
        yield Change(path, "added", None, b)
    elif b is ABSENT:
        yield Change(path, "removed", a, None)
    else:
        yield from _changes(a, b, path)


def _below(path: str, key: str) -> str:
    if not key.isidentifier() and path:
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key


def _relative(a: Any, b: Any) -> float | None:
    if not all(isinstance(each, Number) and not isinstance(each, bool) for each in (a, b)):
        return None
    try:
        apart, largest = abs(a - b), max(abs(a), abs(b))
        return float(apart / largest) if largest else 0.0
    except (TypeError, ArithmeticError):  # a Decimal and a float, say, or a float and a huge int
        return None
