"""Any number of flows of one task, and one flow of any number of tasks."""

from prefect import flow, task

COUNT = 1001


@task
def half(x: float) -> float:
    """Return the half."""
    return x / 2


@flow
def halving(x: float = 1.0, y: float = 1.0) -> float:
    """Return half of the sum."""
    return half(x + y)


@flow
def tasks(count: int) -> float:
    """Run a task many times."""
    x = 1.0
    for _ in range(count):
        x = half(x)
    return x


# A flow runs once in a flow-of-flows, so each place in it needs a flow of its own name.
globals().update({f"flow{i}": halving.with_options(name=f"flow{i}") for i in range(COUNT)})
