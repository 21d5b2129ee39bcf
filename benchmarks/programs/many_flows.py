"""Any number of flows, each made when it is asked for, and one flow of any number of tasks.

A flow runs once in a flow-of-flows, so each place in it needs a flow of its own name:
``halving7``, ``nothing7`` and ``sleeping7`` are such flows.
"""

import re
import time
from typing import Any

from prefect import Flow, flow, task


@task
def half(x: float) -> float:
    """Return the half."""
    return x / 2


@flow
def halving(x: float = 1.0, y: float = 1.0) -> float:
    """Return half of the sum."""
    return half(x + y)


@flow
def nothing(x: float = 1.0) -> float:
    """Return the number."""
    return x


@flow
def sleeping(x: float = 2.0) -> float:
    """Sleep for so many seconds."""
    time.sleep(x)
    return x


@flow
def tasks(count: int) -> float:
    """Run a task many times."""
    x = 1.0
    for _ in range(count):
        x = half(x)
    return x


def __getattr__(name: str) -> Flow[..., Any]:
    found = re.fullmatch(r"(halving|nothing|sleeping)\d+", name)
    if found is None:
        raise AttributeError(name)
    made: Flow[..., Any] = globals()[found[1]].with_options(name=name)
    globals()[name] = made
    return made
