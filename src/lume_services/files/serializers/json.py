"""JSON as RFC 8259 has it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from lume_services.errors import FileCorruptError, InputError
from lume_services.files.serializers.plain import check_plain


class JSONSerializer:
    """JSON values in UTF-8; NaN, infinities and what JSON would change are refused."""

    def serialize(self, filename: str, obj: Any) -> None:
        """Write a JSON value."""
        check_plain(obj, (str, int, float, bool, type(None)), "JSONFile")
        try:
            text = json.dumps(obj, allow_nan=False, ensure_ascii=False, indent=2)
            content = text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"text in a JSONFile must be Unicode: {error}.") from None
        except ValueError as error:
            raise InputError(
                f"JSON has no such number ({error}); replace NaN and infinities by null or text, "
                "or use NumpyFile, HDF5File or YAMLFile."
            ) from None
        Path(filename).write_bytes(content + b"\n")

    @classmethod
    def deserialize(cls, filename: str) -> Any:
        """Read a JSON value."""
        try:
            return json.loads(
                Path(filename).read_bytes(),
                parse_constant=_no_constant,
                parse_float=_finite,
                object_pairs_hook=_unique,
            )
        except RecursionError:
            raise FileCorruptError(f"{filename!r} is nested too deeply to be read.") from None
        except ValueError as error:
            raise FileCorruptError(
                f"{filename!r} is not JSON: {error}. Read it with the type that wrote it."
            ) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text} is out of range")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} occurs twice")
    return value
