"""The command ``lume-services results crate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.target import import_from_here


def crate(
    result_id: Annotated[str, Parameter(name="ID")],
    /,
    *,
    output: Annotated[Path, Parameter(name=("-o", "--output"))],
    upstream: Annotated[bool, Parameter(show_default=False)] = False,
    license_text: Annotated[str | None, Parameter(name="--license")] = None,
) -> None:
    """Pack a result with its files, parameters and software as an RO-Crate.

    Parameters
    ----------
    result_id
        A result's hash, the id of the run that saved it, or the beginning of either.
    output
        FILE.zip, which is replaced if it is there, or a new folder.
    upstream
        Pack the results that it was made from too.
    license_text
        Under which license it may be used, as a URL or in words.
    """
    from lume_services import config
    from lume_services.results import crate as crates
    from lume_services.results import lookup

    crates.check(output)
    import_from_here()
    services = config.current()
    packed = crates.export(
        lookup.document_of(result_id, services.results_db),
        output,
        services,
        upstream=upstream,
        license_text=license_text or crates.NO_LICENSE,
    )
    for problem in packed.missing:
        console.note(f"not packed: {problem}")
    if console.for_programs.get():
        missing = list(packed.missing)
        console.document({"crate": str(output), "profile": packed.profile, "missing": missing})
    else:
        console.fields([("crate", str(output)), ("profile", packed.profile)])
