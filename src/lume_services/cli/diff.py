"""The command ``lume-services results diff``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.console import Cell
from lume_services.pictures import values

if TYPE_CHECKING:
    from lume_services.results.difference import Change, Difference, Elements

_MOST = 100


def diff(a: Annotated[str, Parameter(name="A")], b: Annotated[str, Parameter(name="B")], /) -> None:
    """Show what differs between two results, but for times and identifiers.

    Parameters
    ----------
    a
        A result's hash, the id of the run that saved it, or the beginning of either.
    b
        The other one.
    """
    from lume_services import config
    from lume_services.results import difference, lookup

    results_db = config.current().results_db
    one, other = (lookup.fields_of(lookup.document_of(each, results_db)) for each in (a, b))
    found = difference.of_fields(one, other)
    if console.for_programs.get():
        console.document(document(found))
    else:
        write(found)


def document(found: Difference) -> dict[str, Any]:
    """Return a difference for programs."""
    sections = {"inputs": found.inputs, "outputs": found.outputs, "provenance": found.provenance}
    return {
        "same_contents": found.same_contents,
        **{name: [_change(each) for each in changes] for name, changes in sections.items()},
    }


def write(found: Difference) -> None:
    """Write a difference for people."""
    _write("inputs", found.inputs)
    _write("outputs", found.outputs)
    _write("made by", found.provenance)


def _write(title: str, changes: Sequence[Change]) -> None:
    if not changes:
        console.line(Cell(title, "bold"), Cell("equal", "green"))
        return
    console.line(Cell(title, "bold"))
    for change in changes[:_MOST]:
        console.line(change.path, *_cells(change), indent=2)
    if len(changes) > _MOST:
        console.line(f"and {len(changes) - _MOST} more", indent=2)


def _cells(change: Change) -> list[Cell]:
    if change.kind == "added":
        return [Cell(f"+ {values.brief(change.after)}", "green")]
    if change.kind == "removed":
        return [Cell(f"- {values.brief(change.before)}", "red")]
    before, after = _told_apart(change.before, change.after)
    if change.elements is not None and _kind(change.before) == _kind(change.after):
        return [Cell(_kind(change.before), "dim"), Cell(_elements(change.elements), "yellow")]
    cells = [Cell(f"{before} → {after}", "yellow")]
    if change.relative:
        cells.append(Cell(f"relative {change.relative:.2g}", "dim"))
    return cells


def _told_apart(before: Any, after: Any) -> tuple[str, str]:
    """Return two values in few words, with their types where the rest is the same."""
    texts = values.brief(before), values.brief(after)
    if texts[0] != texts[1]:
        return texts
    return f"{texts[0]} ({type(before).__name__})", f"{texts[1]} ({type(after).__name__})"


def _kind(value: Any) -> str:
    shape = "x".join(map(str, getattr(value, "shape", (len(value),))))
    return f"{type(value).__name__} {shape} {getattr(value, 'dtype', '')}".rstrip()


def _elements(found: Elements) -> str:
    text = f"{found.count} of {found.size} elements differ"
    if found.largest is None or found.norm is None:
        return text
    text += f", by at most {found.largest:.3g}, norm {found.norm:.3g}"
    return f"{text} of {found.norm_before:.3g}" if found.norm_before else text


def _change(change: Change) -> dict[str, Any]:
    sides = {"before": _plain(change.before), "after": _plain(change.after)}
    absent = {"added": "before", "removed": "after"}.get(change.kind)
    known: dict[str, Any] = {name: side for name, side in sides.items() if name != absent}
    if change.relative is not None:
        known["relative"] = change.relative
    if change.elements is not None:
        known["elements"] = asdict(change.elements)
    return {"path": change.path, "kind": change.kind, **known}


def _plain(value: Any) -> Any:
    return values.brief(value) if getattr(value, "shape", ()) else value
