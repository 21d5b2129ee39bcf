"""HDF5 files of lume-base objects, for classes of allowed packages only."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lume_services.errors import FileCorruptError, InputError, UnknownFileTypeError
from lume_services.files.serializers.hdf5_packages import check_allowed
from lume_services.files.serializers.hdf5_stream import created

if TYPE_CHECKING:
    import h5py


def is_lume_object(obj: object) -> bool:
    """Say whether an object is of a lume-base class, without importing lume-base."""
    base = sys.modules.get("lume.base")
    return base is not None and isinstance(obj, base.Base)


def write(filename: str, obj: Any) -> None:
    """Write a lume-base object with lume-base's own serializer."""
    from lume.serializers.hdf5 import HDF5Serializer

    kind = type(obj)
    package = kind.__module__.partition(".")[0]
    check_allowed(f"{kind.__module__}.{kind.__qualname__}")
    if not hasattr(sys.modules[package], "__version__"):
        raise InputError(
            f"lume-base notes the version of the package of {kind.__qualname__}, and {package!r} "
            "has no __version__; add one to it."
        )
    serializer: Any = HDF5Serializer()
    with created(filename) as stream:
        serializer.serialize(stream, obj)


def class_path(file: h5py.File) -> str | None:
    """Return the class that a lume-base file names, or None for another file."""
    if "object" not in file.attrs or "_pkg_version" not in file.attrs:
        return None
    path = file.attrs["object"]
    if not isinstance(path, str) or "." not in path:
        raise FileCorruptError(f"{file.filename!r} names no class but {path!r} in 'object'.")
    return path


def read(filename: str, path: str) -> Any:
    """Read a lume-base object of a class that is allowed."""
    module, _, name = path.rpartition(".")
    check_allowed(path)

    from lume.base import Base
    from lume.serializers.hdf5 import HDF5Serializer

    try:
        kind = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UnknownFileTypeError(
            f"{filename!r} holds a {path}, which cannot be imported: {error}. "
            "Install the version of its package that wrote the file."
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, Base)):
        raise FileCorruptError(f"{filename!r} names {path}, which is no lume-base class.")
    return HDF5Serializer.deserialize(filename)
