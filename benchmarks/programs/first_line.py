"""A flow that tells when it begins."""

import time

from prefect import flow


@flow
def first_line() -> float:
    """Return the time."""
    return time.time()
