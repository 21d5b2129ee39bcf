"""The command ``lume-services version``."""

from __future__ import annotations

import platform
from importlib import metadata

import lume_services
from lume_services.cli import console


def version() -> None:
    """Show the versions of LUME-services, Prefect and Python."""
    versions = {
        "lume-services": lume_services.__version__,
        "prefect": metadata.version("prefect"),
        "python": platform.python_version(),
    }
    if console.for_programs.get():
        console.document(versions)
    else:
        console.write("\n".join(f"{name} {number}" for name, number in versions.items()))
