"""File types by the names that references hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lume_services import plugins
from lume_services.errors import InputError, UnknownFileTypeError
from lume_services.files.file import File
from lume_services.services.files.filesystem import FileStat

GROUP = "lume_services.files"

_TEXT = (str,)
_FIELDS: dict[str, tuple[type, ...]] = {
    "file_type": _TEXT,
    "filename": _TEXT,
    "filesystem_identifier": _TEXT,
    "size": (int, type(None)),
    "sha256": (str, type(None)),
}
_OPTIONAL = {"size", "sha256"}
_SHOWN = 200


def file_types() -> dict[str, type[File[Any]]]:
    """Return the file types that are packaged or that imported code has made, by name."""
    return {made.type_name(): made for made in list(File.made.values())}


def get(name: str) -> type[File[Any]]:
    """Return a file type by name.

    A module is imported only if an installed package offers it in the entry-point group
    ``lume_services.files``; that the name asks for it is not enough.

    Parameters
    ----------
    name
        ``"TextFile"`` and so on for packaged types, else ``"module:Serializer"``.

    Raises
    ------
    UnknownFileTypeError
        If no such type is packaged, made by imported code, or offered by a package.
    """
    if name not in file_types():
        _load_offered(name)
    try:
        return file_types()[name]
    except KeyError:
        raise UnknownFileTypeError(
            f"file type {name!r} is not registered; known are: {', '.join(sorted(file_types()))}. "
            "Import the module that makes it with File[...], or install a package that offers it "
            f"in the entry-point group {GROUP!r}."
        ) from None


def from_reference(rep: Mapping[str, Any]) -> File[Any]:
    """Return the file that a JSON reference stands for, without touching it.

    Parameters
    ----------
    rep
        What `File.jsonable_dict` returned.

    Raises
    ------
    InputError
        If the reference has missing, unknown or ill-typed entries.
    UnknownFileTypeError
        If nobody registered its type.
    """
    _check(rep)
    size, sha256 = rep.get("size"), rep.get("sha256")
    stat = None if size is None or sha256 is None else FileStat(size, sha256)
    file = get(rep["file_type"])(rep["filename"], rep["filesystem_identifier"], stat=stat)
    file.pinned = True
    return file


def load_reference(rep: Mapping[str, Any]) -> Any:
    """Return the object that the file of a JSON reference holds."""
    return from_reference(rep).read()


def is_reference(rep: object) -> bool:
    """Say whether a value has exactly the keys of a file's JSON reference."""
    return isinstance(rep, Mapping) and set(rep) == set(_FIELDS)


def _load_offered(name: str) -> None:
    package = name.partition(":")[0].partition(".")[0]
    for entry in plugins.entries(GROUP):
        if entry.module.partition(".")[0] == package:
            offered = plugins.load(GROUP, entry.name)
            if not (isinstance(offered, type) and issubclass(offered, File)):
                File.of(offered)


def _check(rep: Mapping[str, Any]) -> None:
    if not isinstance(rep, Mapping):
        raise InputError(
            f"a file reference is a dictionary, not {type(rep).__name__} {_short(rep)}; "
            "give what File.jsonable_dict() or the task save_file returned."
        )
    problems = [f"{key!r} is unknown" for key in rep if key not in _FIELDS]
    for key, types in _FIELDS.items():
        if key not in rep and key not in _OPTIONAL:
            problems.append(f"{key!r} is missing")
        elif not isinstance(rep.get(key), types) or isinstance(rep.get(key), bool):
            expected = " or ".join(kind.__name__ for kind in types).replace("NoneType", "None")
            problems.append(f"{key!r} is {_short(rep[key])}, not {expected}")
    if (rep.get("size") is None) != (rep.get("sha256") is None):
        problems.append("'size' and 'sha256' are given together or not at all")
    if problems:
        raise InputError(
            f"file reference {_short(dict(rep))} cannot be used: {'; '.join(problems)}. "
            "Give what File.jsonable_dict() or the task save_file returned."
        )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
