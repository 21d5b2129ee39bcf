"""The environment variables of everything that is timed."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def clean_environment(directory: str) -> dict[str, str]:
    """Return an environment with homes in a directory and no settings of the caller's."""
    # Without compiled modules every import would be timed as if it were the first.
    dropped = ("LUME_", "PREFECT_", "DAGSTER_", "JOBFLOW_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {
        "PYTHONPATH": str(REPOSITORY),
        "LUME_HOME": f"{directory}/lume",
        "PREFECT_HOME": f"{directory}/prefect",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        # The first start makes the server's database, which takes long on a busy machine.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "DO_NOT_TRACK": "1",
    }
