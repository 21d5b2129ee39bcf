"""Saved files, as the references that their ``File`` gives."""

from __future__ import annotations

import sys
from typing import Any

from lume_services.results.codec.walk import Decoder, Walk

_FILES = "lume_services.files.file"


def encode(value: Any, walk: Walk) -> Any:
    """Encode a ``File`` as its reference; None for any other value."""
    module = sys.modules.get(_FILES)
    if module is None or not isinstance(value, module.File):
        return None
    return {"@lume": "file", "reference": walk.into("reference", value.jsonable_dict())}


def _decode_file(tag: dict[str, Any], walk: Walk) -> Any:
    from lume_services.files import registry

    return registry.from_reference(walk.into("reference", tag["reference"]))


DECODERS: dict[str, Decoder] = {"file": _decode_file}
