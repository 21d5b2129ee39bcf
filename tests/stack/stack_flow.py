"""A flow that saves a result, for a container of the stack."""

from __future__ import annotations

import os

from prefect import flow

from lume_services.results import Result
from lume_services.tasks import save_db_result


@flow(name="orbit")
def orbit(angle: float) -> str:
    save_db_result(Result(inputs={"angle": angle}, outputs={"host": os.environ["LUME_BACKEND"]}))
    return f"uid {os.getuid()}"
