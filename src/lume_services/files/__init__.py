"""Typed files, file results and the registry of file types."""

from __future__ import annotations

from lume_services.files.file import File
from lume_services.files.registry import file_types, from_reference, is_reference, load_reference
from lume_services.files.results import FileResult
from lume_services.files.serializers.hdf5_packages import allow_hdf5_package
from lume_services.files.types import (
    HDF5File,
    HDF5Result,
    ImageFile,
    JSONFile,
    NumpyFile,
    OpenPMDFile,
    TextFile,
    TextResult,
    YAMLFile,
)

__all__ = [
    "File",
    "FileResult",
    "HDF5File",
    "HDF5Result",
    "ImageFile",
    "JSONFile",
    "NumpyFile",
    "OpenPMDFile",
    "TextFile",
    "TextResult",
    "YAMLFile",
    "allow_hdf5_package",
    "file_types",
    "from_reference",
    "is_reference",
    "load_reference",
]
