"""The command ``lume-services results copy``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.bar import progress_bar
from lume_services.errors import InputError

if TYPE_CHECKING:
    from lume_services.results.stores.copying import Copied


def copy(
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    project: str | None = None,
) -> None:
    """Copy results, with their large values, from one database to another.

    What is there already is left alone, so a copy that was interrupted goes on where it was when
    it is started again. Files that results refer to stay where they are.

    A database is given by its URL; by env:NAME, the environment variable that holds it, so that
    no password stands on the command line; or by FILE.toml, a settings file.

    Parameters
    ----------
    from_
        The database to copy from. By default the configured one.
    to
        The database to copy to. By default the configured one.
    project
        Only results of this project.
    """
    from lume_services.results.stores.copying import copy as copy_results
    from lume_services.results.stores.databases import opened
    from lume_services.settings import LUMEServicesSettings

    if from_ is None and to is None:
        raise InputError("give --from or --to: the database that is not the configured one.")
    _warn_of_passwords(from_, to)
    current = LUMEServicesSettings()
    with (
        opened(from_, current, exists=from_ is not None) as source,
        opened(to, current) as target,
    ):
        query = {} if project is None else {"project_name": project}
        with progress_bar("copying", lambda: source.results_db.count(query)) as progress:
            copied = copy_results(source, target, project, progress)
    _report(copied)


def _warn_of_passwords(*databases: str | None) -> None:
    from lume_services.settings_problems import mask_url

    if any(each is not None and mask_url(each) != each for each in databases):
        console.note(
            "note: while this runs, other users of this machine can read the password in its "
            "command line; env:NAME or FILE.toml keep it from them"
        )


def _report(copied: Copied) -> None:
    if console.for_programs.get():
        console.document(asdict(copied))
        return
    values = f"{copied.values} ({copied.size / 1e6:.6g} MB)"
    console.fields(
        [
            ("results copied", str(copied.results)),
            ("already there", str(copied.there)),
            ("large values", values),
        ]
    )
    for filesystem, number in sorted(copied.files.items()):
        console.note(
            f"note: {number} files that the results refer to stay on the filesystem {filesystem!r}"
        )
