"""Typed files, file results and the registry of file types."""

from __future__ import annotations

from lume_services.files.file import File, TextFile
from lume_services.files.registry import file_types, from_reference, is_reference, load_reference
from lume_services.files.results import FileResult, TextResult

__all__ = [
    "File",
    "FileResult",
    "TextFile",
    "TextResult",
    "file_types",
    "from_reference",
    "is_reference",
    "load_reference",
]
