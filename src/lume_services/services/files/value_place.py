"""Where the large values of a results database are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lume_services.settings import scheme

if TYPE_CHECKING:
    from lume_services.settings import LUMEServicesSettings


@dataclass(frozen=True)
class ValuePlace:
    """A folder, and the database that it belongs to.

    Parameters
    ----------
    filesystem, folder
        The folder, as the file service names it.
    database
        The database, without login.
    reachable
        Whether whoever reaches the database reaches the folder.
    """

    filesystem: str
    folder: str
    database: str
    reachable: bool


def place_of(settings: LUMEServicesSettings) -> ValuePlace:
    """Return where the settings put values: beside an SQLite file, else in a folder by name."""
    url = urlsplit(settings.results_db_url)
    filesystem = settings.results_db.values_filesystem or "local"
    if filesystem == "local" and scheme(settings.results_db_url) == "sqlite":
        file = Path(url.path[1:]).absolute()
        # The name alone, as both can be moved together.
        return ValuePlace("local", f"{file.with_suffix('')}.values", file.name, reachable=True)
    name = url.path.rpartition("/")[2] or "results"
    database = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
    if filesystem == "local":
        folder = str(settings.home / "values" / name)
        return ValuePlace("local", folder, database, reachable=False)
    return ValuePlace(filesystem, f"values/{name}", database, reachable=True)
