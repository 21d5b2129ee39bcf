"""The command ``lume-services results lineage``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.console import Cell
from lume_services.cli.count import Count
from lume_services.cli.times import when

if TYPE_CHECKING:
    from lume_services.results.lineage import Lineage, Node


def lineage(
    result_id: Annotated[str, Parameter(name="ID")],
    /,
    *,
    up: Annotated[bool, Parameter(show_default=False)] = False,
    down: Annotated[bool, Parameter(show_default=False)] = False,
    depth: Count | None = None,
    limit: Count = 1000,
    graph: Path | None = None,
    dark: Annotated[bool, Parameter(show_default=False)] = False,
) -> None:
    """Show what a result was made from, and what was made from it.

    Parameters
    ----------
    result_id
        A result's hash, the id of the run that saved it, or the beginning of either; or a
        file: its path, or file:SHA256.
    up
        Only what it was made from.
    down
        Only what was made from it.
    depth
        How many results away at most.
    limit
        How many results and files at most; the nearest are found first.
    graph
        Draw it: FILE.svg or FILE.png, which is replaced if it is there.
    dark
        Draw for dark surroundings.
    """
    from lume_services.pictures import saving
    from lume_services.results import lineage as lineages

    if graph is not None:
        saving.check(graph)
    both = up == down
    found = lineages.lineage(
        _reference(result_id), up=up or both, down=down or both, depth=depth, limit=limit
    )
    if graph is not None:
        saving.save(found.picture("dark" if dark else "light"), graph)
    if console.for_programs.get():
        pictures = {} if graph is None else {"picture": str(graph)}
        console.document({**lineages.jsonable(found), **pictures})
        return
    _write(found)
    if graph is not None:
        console.write()
        console.fields([("picture", str(graph))])


def _reference(result_id: str) -> str:
    """Return a file's content in place of its path."""
    import hashlib

    path = Path(result_id)
    if not path.is_file():
        return result_id
    with path.open("rb") as stream:
        return f"file:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _write(found: Lineage) -> None:
    root = found.nodes[found.root]
    console.line(Cell(_name(root), "bold"), *_details(root))
    for title, follow in (("made from", found.sources), ("used for", found.products)):
        if follow(found.root):
            console.write()
            console.line(Cell(title, "dim"))
            for row in _rows(found.root, follow):
                console.line(Cell(f"{row.branch}{_name(found.nodes[row.key])}"), *_more(found, row))
    if len(found.nodes) == 1:
        console.note("nothing is known that it was made from or used for")
    if found.cut:
        console.note(f"there is more than these {len(found.nodes)}; see --limit and --depth")


class _Row(NamedTuple):
    branch: str
    key: str
    again: bool


def _rows(root: str, follow: Callable[[str], list[str]]) -> Iterator[_Row]:
    """Return the lines of a tree; what stands in it twice has its own branches once."""
    seen: set[str] = {root}
    # No recursion: a chain of results may be longer than Python's stack is deep.
    waiting = [_branches(root, "", follow)]
    while waiting:
        step = next(waiting[-1], None)
        if step is None:
            waiting.pop()
            continue
        key, branch, below = step
        again = key in seen and bool(follow(key))
        yield _Row(branch, key, again)
        if key not in seen:
            seen.add(key)
            waiting.append(_branches(key, below, follow))


def _branches(
    key: str, below: str, follow: Callable[[str], list[str]]
) -> Iterator[tuple[str, str, str]]:
    keys = follow(key)
    for number, each in enumerate(keys, start=1):
        last = number == len(keys)
        yield each, f"{below}{'└── ' if last else '├── '}", f"{below}{'    ' if last else '│   '}"


def _more(found: Lineage, row: _Row) -> list[Cell]:
    details = _details(found.nodes[row.key])
    return [*details, Cell("as above", "dim")] if row.again else details


def _name(node: Node) -> str:
    if node.kind == "file":
        return str(node.reference["filename"] or "file")
    return f"{node.flow_name or node.reference['result_type']}"


def _details(node: Node) -> list[Cell]:
    identity = node.reference["sha256" if node.kind == "file" else "unique_hash"]
    cells = [Cell(node.kind, "dim"), Cell(console.short(identity or "of unknown content"), "cyan")]
    if node.created is not None:
        cells.append(Cell(when(node.created), "dim"))
    if node.missing:
        cells.append(Cell("missing", "red"))
    return cells
