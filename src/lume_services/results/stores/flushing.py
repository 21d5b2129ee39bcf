"""Inserting the results that were kept in files while their database could not be used."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services.errors import (
    FileServiceError,
    InputError,
    LumeServicesError,
    ResultsError,
    StoreUnavailableError,
)
from lume_services.results.documents import document as documents
from lume_services.results.documents import spool
from lume_services.results.origin import environment
from lume_services.results.stores import integrity

if TYPE_CHECKING:
    from lume_services.config import Services

_VALUE = re.compile(rf"{spool.VALUES}\d+(\.[a-z]+)")
_BLOCK = 4 << 20
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(KeyError, TypeError, ValueError, RuntimeError),
)


@dataclass
class Flushed:
    """What was done with the files.

    Parameters
    ----------
    inserted
        How many results are in the database now that were not; their files are removed.
    there
        How many were there already; their files are removed too.
    problems
        Why files stay that could not be inserted, by their names.
    waiting
        How many files were not tried, as the database cannot be used.
    others
        How many files are for another database, by its name; they stay.
    """

    inserted: int = 0
    there: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    others: Counter[str] = field(default_factory=Counter)


def flush(files: Iterable[str | Path] = ()) -> Flushed:
    """Insert results that wait in files into the current results database.

    A file is removed after its result has been inserted, so this may be called again, and by
    several programs at once.

    Parameters
    ----------
    files
        The files, whatever database their results were to be saved in. By default all in the
        home, and on the filesystem of large values, that are for the current one.

    Raises
    ------
    InputError
        If a file that is named does not exist; nothing is done.
    """
    from lume_services import config

    services, named = config.current(), [Path(file) for file in files]
    if missing := [str(file) for file in named if not file.is_file()]:
        raise InputError(f"there is no file {', '.join(map(repr, missing))}; correct its name")
    flushed, paths = Flushed(), named or list(_waiting(services))
    for number, path in enumerate(paths, start=1):
        try:
            _flush(path, services, flushed, of_any=bool(named))
        except FileNotFoundError:
            continue  # another program has just inserted it
        except (StoreUnavailableError, FileServiceError) as error:
            flushed.problems[str(path)] = str(error)
            flushed.waiting = len(paths) - number
            break
        except (LumeServicesError, OSError) as error:
            flushed.problems[str(path)] = str(error)
    return flushed


def _waiting(services: Services) -> Iterator[Path]:
    """Yield the files, those that were written first before the others."""
    folders = (spool.shared_folder(services), spool.home_folder(services))
    for folder in folders:
        if folder is not None:
            found = [(path.stat().st_mtime_ns, path) for path in folder.glob(f"*{spool.SUFFIX}")]
            yield from (path for _, path in sorted(found))


def _flush(path: Path, services: Services, flushed: Flushed, *, of_any: bool) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            content = _content(archive)
            wanted = content["database"]
            if not of_any and wanted != spool.database_of(services.settings):
                flushed.others[wanted] += 1
                return
            new = _insert(archive, content, services)
    except _DAMAGED as error:
        raise ResultsError(
            f"the file {str(path)!r} holds no result that can be inserted ({error}): it was "
            "damaged, or not written by LUME-services; put a backup in its place, or remove it"
        ) from error
    path.unlink(missing_ok=True)
    flushed.inserted += new
    flushed.there += not new


def _content(archive: zipfile.ZipFile) -> dict[str, Any]:
    content = json.loads(archive.read(spool.CONTENT))
    if content["spool_version"] > spool.VERSION:
        raise ValueError("it was written by a newer version of lume-services; install that version")
    if not isinstance(content["database"], str) or not isinstance(content["document"], dict):
        raise TypeError("its content has other types than it should")
    documents.check(content["document"])
    return dict(content)


def _insert(archive: zipfile.ZipFile, content: dict[str, Any], services: Services) -> bool:
    document = content["document"]
    made = document.get("provenance") or {}
    with services.values.saving() as values:
        for info in archive.infolist():
            if info.filename != spool.CONTENT:
                values.put(_Packed(archive, info))
        environment.put(made.get("environment"), content.get("packages"), services)
        with values.placed():
            if not integrity.has_values(document, services.values):
                raise ValueError("a large value is missing")
            integrity.check(document, services.values)
            return services.results_db.insert(document)


class _Packed:
    """A value in an archive."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        named = _VALUE.fullmatch(info.filename)
        if named is None or info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{info.filename!r} is no value")
        self.suffix = named[1]
        self._archive, self._info = archive, info

    def blocks(self) -> Iterator[bytes]:
        """Return the content; the archive checks it at the end."""
        with self._archive.open(self._info) as stream:
            while block := stream.read(_BLOCK):
                yield block
