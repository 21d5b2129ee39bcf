"""A result with all that belongs to it as an RO-Crate, a folder that describes itself.

The profile is Workflow Run Crate, or Process Run Crate where the flow's source is not here.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lume_services.errors import InputError
from lume_services.extras import needed
from lume_services.results.lineage import lineage
from lume_services.services.files import atomic
from lume_services.services.results.db import Document

if TYPE_CHECKING:
    from lume_services.config import Services

NO_LICENSE = "No license is given."


@dataclass(frozen=True)
class Packed:
    """A crate that was written.

    Parameters
    ----------
    path
        The zip file or folder.
    profile
        The name of its profile.
    missing
        What belongs to the results and could not be packed, and why.
    """

    path: Path
    profile: str
    missing: tuple[str, ...]


def check(path: Path) -> None:
    """Refuse a path that no crate can be written to.

    Raises
    ------
    InputError
        If its folder does not exist, or it is a folder that is not empty.
    """
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {str(path.parent)!r}; make it first.")
    if path.suffix == ".zip" and not path.is_dir():
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{str(path)!r} is there already; name a new folder, or a file in .zip.")


def export(
    document: Document,
    path: Path,
    services: Services,
    *,
    upstream: bool = False,
    license_text: str = NO_LICENSE,
) -> Packed:
    """Write a result and all that belongs to it as an RO-Crate, whole or not at all.

    Parameters
    ----------
    document
        The result's document.
    path
        A file in .zip, which is replaced if it is there, or a new folder.
    services
        Where results and files are.
    upstream
        Whether the results that it was made from are packed too.
    license_text
        Under which license it may be used, as a URL or in words.

    Raises
    ------
    PluginError
        If the library that writes crates is not installed.
    """
    check(path)
    with needed("crate", "an RO-Crate"):
        from lume_services.results.crate.contents import Contents
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".crate-") as scratch:
        contents = Contents(services, Path(scratch) / "files", license_text)
        contents.add_main(document)
        for each in _upstream(document, services) if upstream else ():
            contents.add_other(each)
        with warnings.catch_warnings():
            # Every file is there; what it says of others is noted already.
            warnings.simplefilter("ignore", UserWarning)
            if path.suffix == ".zip":
                atomic.write(path.resolve(), contents.crate.write_zip)
            else:
                whole = Path(scratch) / "whole"
                contents.crate.write(whole)
                shutil.move(whole, _removed(path))
    return Packed(path, contents.profile, tuple(contents.missing))


def _upstream(document: Document, services: Services) -> Iterator[Document]:
    found = lineage(document["unique_hash"], down=False)
    hashes = [
        node.reference["unique_hash"]
        for node in found.nodes.values()
        if node.kind == "result" and node.key != found.root
    ]
    return services.results_db.find({"unique_hash": {"$in": hashes}})


def _removed(folder: Path) -> Path:
    """Return the path of a folder that is there no more, so that another can take its place."""
    if folder.exists():
        folder.rmdir()
    return folder
