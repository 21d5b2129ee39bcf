"""Saved files, as the references that their ``File`` gives."""

from __future__ import annotations

import sys
from typing import Any

from lume_services.results.codec.walk import Decoder, Walk


def encode(value: Any, walk: Walk) -> Any:
    """Encode a ``File`` or a ``FileResult`` as its reference; None for any other value."""
    files = sys.modules.get("lume_services.files")
    if files is None:
        return None
    for tag, cls in (("file", files.File), ("file_result", files.FileResult)):
        if isinstance(value, cls):
            return {"@lume": tag, "reference": walk.into("reference", value.jsonable_dict())}
    return None


def _decode_file(tag: dict[str, Any], walk: Walk) -> Any:
    from lume_services.files import from_reference

    return from_reference(walk.into("reference", tag["reference"]))


def _decode_file_result(tag: dict[str, Any], walk: Walk) -> Any:
    from lume_services.files import FileResult

    return FileResult.from_reference(walk.into("reference", tag["reference"]))


DECODERS: dict[str, Decoder] = {"file": _decode_file, "file_result": _decode_file_result}
