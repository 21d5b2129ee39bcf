"""The command ``lume-services results index``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from lume_services.cli import console


def index(*paths: Annotated[str, Parameter(negative=())]) -> None:
    """Make queries and sorts on paths fast at any size; without paths, list those that are.

    Parameters
    ----------
    paths
        Where values stand in results: inputs.k1 or outputs.emittance_x.
    """
    from lume_services import config

    db = config.current().results_db
    for path in paths:
        db.index(path)
        console.line(f"Queries on {path} are fast now.")
    if not paths:
        for path in db.indexes():
            console.line(path)
