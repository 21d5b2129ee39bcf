"""What a result was made from, and what was made from it, over results and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lume_services import config
from lume_services.errors import InputError
from lume_services.results import lookup
from lume_services.results.documents import references
from lume_services.results.lineage.walk import Node, Walk

if TYPE_CHECKING:
    from lume_services.pictures.canvas import Theme

__all__ = ["Lineage", "Node", "lineage"]

LIMIT = 1000


@dataclass(frozen=True)
class Lineage:
    """Results and files, and which was made from which.

    Parameters
    ----------
    root
        The key of what was asked for.
    nodes
        Results and files by key: ``result:<hash>`` or ``file:<sha256>``.
    edges
        Pairs of keys: what was taken, and what was made from it.
    cut
        Whether there is more, which the limit left out.
    """

    root: str
    nodes: Mapping[str, Node]
    edges: tuple[tuple[str, str], ...]
    cut: bool
    _sources: dict[str, list[str]] = field(init=False, repr=False, compare=False)
    _products: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sources: dict[str, list[str]] = {key: [] for key in self.nodes}
        products: dict[str, list[str]] = {key: [] for key in self.nodes}
        for taken, made in self.edges:
            sources[made].append(taken)
            products[taken].append(made)
        object.__setattr__(self, "_sources", sources)
        object.__setattr__(self, "_products", products)

    def sources(self, key: str) -> list[str]:
        """Return the keys of what a node was made from."""
        return self._sources[key]

    def products(self, key: str) -> list[str]:
        """Return the keys of what was made from a node."""
        return self._products[key]

    def picture(self, theme: Theme = "light") -> str:
        """Return a picture as SVG: boxes for results, arrows for what was handed on."""
        from lume_services.pictures.graph import graph
        from lume_services.results.lineage.shape import shape

        return graph(shape(self), theme=theme)

    def _repr_html_(self) -> str:
        """Return the picture for notebooks."""
        return self.picture("auto")


def lineage(
    ref: str | Mapping[str, Any],
    *,
    up: bool = True,
    down: bool = True,
    depth: int | None = None,
    limit: int = LIMIT,
) -> Lineage:
    """Return what a result or a file was made from, and what was made from it.

    A file that one run has made and another has loaded joins them, by its content.

    Parameters
    ----------
    ref
        A result: its reference, its hash, the id of the run that saved it, or the beginning
        of either. Or a file: its reference, or ``file:`` and its SHA-256.
    up, down
        Whether to look for what it was made from, and for what was made from it.
    depth
        How many results away at most.
    limit
        How many results and files at most; the nearest are found first.

    Raises
    ------
    ResultNotFoundError
        If there is no such result.
    """
    if limit < 1 or (depth is not None and depth < 0):
        raise InputError(f"limit is 1 or more and depth 0 or more, not {limit!r} and {depth!r}.")
    services = config.current()
    walk = Walk(services, limit)
    if references.is_file(ref) or (isinstance(ref, str) and ref.startswith("file:")):
        start = walk.start_file(ref)
    else:
        start = walk.start_result(lookup.document_of(ref, services.results_db))
    if up:
        walk.up(start, depth)
    if down:
        walk.down(start, depth)
    return Lineage(start, walk.nodes, walk.edges, walk.cut)


def jsonable(found: Lineage) -> dict[str, Any]:
    """Return a lineage as JSON."""
    return {
        "root": found.root,
        "cut": found.cut,
        "nodes": [_node(node) for node in found.nodes.values()],
        "edges": [{"from": taken, "to": made} for taken, made in found.edges],
    }


def _node(node: Node) -> dict[str, Any]:
    created: datetime | None = node.created
    known = {
        "flow_name": node.flow_name,
        "flow_run_id": node.flow_run_id,
        "created": created.isoformat() if created else None,
    }
    return {
        "key": node.key,
        "kind": node.kind,
        "missing": node.missing,
        **node.reference,
        **{name: value for name, value in known.items() if value is not None},
    }
