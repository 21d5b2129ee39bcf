"""The command ``lume-services version``."""

from __future__ import annotations

import platform
from importlib import metadata

import lume_services
from lume_services.cli import console


def version() -> None:
    """Show the versions of LUME-services, Prefect and Python."""
    console.write(f"lume-services {lume_services.__version__}")
    console.write(f"prefect {metadata.version('prefect')}")
    console.write(f"python {platform.python_version()}")
