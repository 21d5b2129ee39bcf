"""YAML 1.2, of its plain values only."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from lume_services.errors import FileCorruptError, InputError
from lume_services.files.serializers.plain import MAX_DEPTH, check_plain

MAX_NODES = 10_000_000

_LEAVES = (str, int, float, bool, type(None), dt.date, dt.datetime)


class YAMLSerializer:
    """Plain YAML values; tags that name types are refused, both ways."""

    def serialize(self, filename: str, obj: Any) -> None:
        """Write a YAML document."""
        check_plain(obj, _LEAVES, "YAMLFile")
        with Path(filename).open("w", encoding="utf-8", newline="\n") as stream:
            try:
                _yaml().dump(obj, stream)
            except UnicodeEncodeError as error:
                raise InputError(f"text in a YAMLFile must be Unicode: {error}.") from None

    @classmethod
    def deserialize(cls, filename: str) -> Any:
        """Read a YAML document."""
        from ruamel.yaml.error import YAMLError

        try:
            text = Path(filename).read_text(encoding="utf-8")
            _check_size(text)
            return _yaml().load(text)
        except (YAMLError, ValueError) as error:
            reason = " ".join(str(error).replace(' in "<unicode string>",', " at").split())
            raise FileCorruptError(
                f"{filename!r} is not plain YAML: {reason}. "
                "Tags that name types are not read; write plain values instead."
            ) from None


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe")
    yaml.allow_unicode = True
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    return yaml


def _check_size(text: str) -> None:
    """Refuse nesting and repeated aliases that would exhaust the stack or the memory."""
    anchors: dict[str, int] = {}
    counts: list[tuple[str | None, int]] = [(None, 0)]
    for event in _yaml().parse(text):
        name = type(event).__name__
        nodes = 0
        if name in {"SequenceStartEvent", "MappingStartEvent"}:
            counts.append((event.anchor, 1))
        elif name in {"SequenceEndEvent", "MappingEndEvent"}:
            anchor, nodes = counts.pop()
            if anchor:
                anchors[anchor] = nodes
        elif name == "AliasEvent":
            nodes = anchors.get(event.anchor, 1)
        elif name == "ScalarEvent":
            nodes = 1
        anchor, before = counts[-1]
        counts[-1] = anchor, before + nodes
        if len(counts) > MAX_DEPTH + 1:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        if counts[-1][1] > MAX_NODES:
            raise ValueError(f"its aliases stand for more than {MAX_NODES} values")
