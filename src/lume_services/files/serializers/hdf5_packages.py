"""The packages whose lume-base objects HDF5 files may hold."""

from __future__ import annotations

from lume_services import plugins
from lume_services.errors import InputError, UnknownFileTypeError

GROUP = "lume_services.hdf5_packages"

_allowed: set[str] = set()


def allow_hdf5_package(name: str) -> None:
    """Let HDF5 files hold objects of a package's lume-base classes, in this process.

    Parameters
    ----------
    name
        Top-level name of an importable package, for example ``"impact"``.
    """
    if not name.isidentifier():
        raise InputError(f"{name!r} is not the top-level name of a package; give such as 'impact'.")
    _allowed.add(name)


def check_allowed(class_path: str) -> None:
    """Raise `UnknownFileTypeError` unless a class belongs to an allowed package.

    Parameters
    ----------
    class_path
        Dotted path of the class.
    """
    package = class_path.partition(".")[0]
    if package in _allowed:
        return
    if package in {entry.module.partition(".")[0] for entry in plugins.entries(GROUP)}:
        return
    raise UnknownFileTypeError(
        f"the class {class_path} is of the package {package!r}, whose objects HDF5 files may not "
        f"hold yet; call lume_services.files.allow_hdf5_package({package!r}), or install a "
        f"package that offers it in the entry-point group {GROUP!r}."
    )
