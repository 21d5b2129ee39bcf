"""A flow for pods that have this folder, and a folder to write to."""

from __future__ import annotations

import os
import time
from pathlib import Path

from prefect import flow

from lume_services.results import Result
from lume_services.tasks import save_db_result

SECONDS = 600


@flow
def measured(shared: str, angle: float) -> int:
    """Tell that it has begun, and end when it is told to; return its user."""
    (Path(shared) / "begun").touch()
    end = time.monotonic() + SECONDS
    while not (Path(shared) / "told").exists() and time.monotonic() < end:
        time.sleep(0.1)
    save_db_result(Result(inputs={"angle": angle}, outputs={"position": 2 * angle}))
    return os.getuid()
