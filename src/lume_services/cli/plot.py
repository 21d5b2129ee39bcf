"""The command ``lume-services results plot``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.count import Count


def plot(
    x: str,
    y: str,
    /,
    *,
    by: str | None = None,
    output: Annotated[Path | None, Parameter(name=("-o", "--output"))] = None,
    where: str | None = None,
    project: str | None = None,
    log_x: Annotated[bool, Parameter(show_default=False)] = False,
    log_y: Annotated[bool, Parameter(show_default=False)] = False,
    limit: Count | None = None,
) -> None:
    """Plot what database results have at two paths.

    Parameters
    ----------
    x, y
        The paths: inputs.k1 outputs.size.
    by
        Path of what tells the points apart by colour.
    output
        The picture, which is replaced if it is there: FILE.png or FILE.svg. By default it is
        named after the paths.
    where
        Which results: 'inputs.k1 > 1.2 and outputs.size < 1e-6'. By default all.
    project
        Only results of this project.
    log_x, log_y
        Make the axis logarithmic.
    limit
        How many results at most, the oldest first.
    """
    from lume_services.pictures import saving
    from lume_services.results.finding.results import Results

    output = output or Path(f"{_name(y)}-{_name(x)}.png")
    saving.check_name(output)
    selection = Results(project).find(where or "", limit=limit)
    figure = selection.plot(x, y, by=by, log_x=log_x, log_y=log_y)

    from lume_services.pictures.plot import save

    save(figure, output)
    if console.for_programs.get():
        console.document({"picture": str(output)})
    else:
        console.fields([("picture", str(output))])


def _name(path: str) -> str:
    return re.sub(r"\W+", "_", path.rpartition(".")[2]).strip("_") or "value"
