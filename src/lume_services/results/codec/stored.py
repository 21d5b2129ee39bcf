"""Values that are kept apart from their documents."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lume_services.results.codec.walk import Decoder, Walk

if TYPE_CHECKING:
    from lume_services.services.files.stored_value import StoredValue

SUFFIX = ".json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def reference(sha256: str, size: int) -> dict[str, Any]:
    """Return the tag that stands for a value in its document."""
    return {"@lume": "stored", "sha256": sha256, "size": size}


@dataclass(frozen=True)
class Loading:
    """How values that are kept apart are loaded.

    Parameters
    ----------
    owner
        The document that they belong to, for error messages, for example ``result 0123abcd``.
    lazy
        Whether arrays are read only when used.
    """

    owner: str = ""
    lazy: bool = True

    def value(self, tag: dict[str, Any], suffix: str, where: str) -> StoredValue:
        """Return what a tag stands for, as yet unread."""
        from lume_services import config

        sha256, size = tag["sha256"], tag["size"]
        if tag["@lume"] != "stored" or not _SHA256.fullmatch(sha256) or type(size) is not int:
            raise ValueError(f"{tag!r} is no reference to a value")
        owner = f"{where} of {self.owner}" if self.owner else where
        return config.current().values.stored(sha256, size, suffix, owner)


def encode(value: Any, walk: Walk) -> Any:
    """Encode nothing: values leave a document when it is encoded already."""
    return None


def _decode_stored(tag: dict[str, Any], walk: Walk) -> Any:
    content = walk.stored(tag, SUFFIX)
    return walk(json.loads(b"".join(map(bytes, content.blocks()))))


DECODERS: dict[str, Decoder] = {"stored": _decode_stored}
