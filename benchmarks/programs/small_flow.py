"""A flow of one task."""

from prefect import flow, task


@task
def half(x: float) -> float:
    """Return the half."""
    return x / 2


@flow
def mean(x: float, y: float) -> float:
    """Return the mean of two numbers."""
    return half(x + y)
