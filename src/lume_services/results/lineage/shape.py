"""A lineage as boxes and arrows: results, the files that they made, and who used them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from lume_services.pictures.model import FlowShape, Shape
from lume_services.pictures.model import Mapping as Arrow

if TYPE_CHECKING:
    from lume_services.results.lineage.graph import Lineage
    from lume_services.results.lineage.walk import Node

_RESULT, _FILE = "database result", "file"


def shape(found: Lineage) -> Shape:
    """Return what a picture of a lineage shows.

    A file stands in the boxes of the results that made it; one that nobody is known to have
    made has its own.
    """
    names = {key: _name(found.nodes[key]) for key in found.nodes if _is_box(found, key)}
    projects = {str(node.reference.get("project_name", "")) for node in found.nodes.values()} - {""}
    project = projects.pop() if len(projects) == 1 else ""
    places = _order(found, names)
    boxes = tuple(_box(found, key, names, places, project) for key in places)
    below = [f"project {project}"] if project else []
    title = f"Lineage of {_name(found.nodes[found.root])}"
    return Shape(title, project, boxes, "lineage", " · ".join([*below, _count(found)]))


def _count(found: Lineage) -> str:
    results = sum(node.kind == "result" for node in found.nodes.values())
    files = len(found.nodes) - results
    counts = f"{results} result{'s' * (results != 1)} and {files} file{'s' * (files != 1)}"
    return f"{counts}, and more that are not shown" if found.cut else counts


def _is_box(found: Lineage, key: str) -> bool:
    return found.nodes[key].kind == "result" or not found.sources(key)


def _name(node: Node) -> str:
    if node.kind == "file":
        return f"{_basename(node)} {(node.reference['sha256'] or '')[:8]}".rstrip()
    title = node.flow_name or node.reference["result_type"]
    return f"{title} {node.reference['unique_hash'][:8]}"


def _basename(node: Node) -> str:
    return PurePath(node.reference["filename"] or "file").name


def _makers(found: Lineage, key: str) -> list[str]:
    """Return the boxes that a result's source stands in."""
    return [key] if _is_box(found, key) else found.sources(key)


def _order(found: Lineage, names: Mapping[str, str]) -> dict[str, int]:
    """Return the boxes' places, such that all but those in a circle come after their makers."""
    needs = {
        key: {
            maker
            for source in found.sources(key)
            for maker in _makers(found, source)
            if maker != key
        }
        for key in names
    }
    users: dict[str, list[str]] = {key: [] for key in names}
    for key, makers in needs.items():
        for maker in makers:
            users[maker].append(key)
    places: dict[str, int] = {}
    ready = [key for key, makers in needs.items() if not makers]
    while len(places) < len(names):
        # In a circle, which equal contents can make, one of it has to be the first.
        for key in ready or [next(key for key in names if key not in places)]:
            places[key] = len(places)
        ready = [
            user
            for user in dict.fromkeys(user for key in places for user in users[key])
            if user not in places and needs[user] <= places.keys()
        ]
    return places


def _box(
    found: Lineage, key: str, names: Mapping[str, str], places: Mapping[str, int], project: str
) -> FlowShape:
    node = found.nodes[key]
    made = [each for each in found.products(key) if found.nodes[each].kind == "file"]
    used = any(found.nodes[each].kind == "result" for each in found.products(key))
    outlets = [_FILE] if node.kind == "file" else [_basename(found.nodes[each]) for each in made]
    if used and node.kind == "result":
        outlets.append(_RESULT)
    return FlowShape(
        name=names[key],
        project_name=str(node.reference.get("project_name", project)),
        mappings=tuple(_arrows(found, key, names, places)),
        tasks=tuple(dict.fromkeys(outlets)),
        missing="missing" if node.missing else "",
    )


def _arrows(
    found: Lineage, key: str, names: Mapping[str, str], places: Mapping[str, int]
) -> Iterator[Arrow]:
    for source in found.sources(key):
        node = found.nodes[source]
        for maker in _makers(found, source):
            if places[maker] >= places[key]:
                continue
            if node.kind == "result":
                yield Arrow(names[maker], names[maker], _RESULT, "db")
            else:
                outlet = _FILE if maker == source else _basename(node)
                yield Arrow(_basename(node), names[maker], outlet, "file")
