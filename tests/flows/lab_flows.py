"""Small flows that end well, fail, wait or return what is no JSON."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from prefect import flow, task


@task
def require_positive(x: float) -> float:
    if x < 0:
        raise ValueError(f"x is {x}, below zero")
    return x


@task
def as_complex(x: float):
    return complex(x)


@flow
def source(x: float) -> float:
    return require_positive(x)


@flow
def double(x: float, factor: float = 2.0) -> float:
    return require_positive(x) * factor


@flow
def add(x: float, y: float = 0.0) -> None:
    require_positive(x + y)


@flow
def several(count: int):
    for i in range(count):
        require_positive(float(i))


@flow
def total(values: Any) -> float:
    return float(sum(values))


@flow
def no_json(x: float) -> None:
    as_complex(x)


@flow
def meet(folder: str, name: str, others: int) -> bool:
    """End well only if the others run at the same time."""
    Path(folder, name).touch()
    end = time.monotonic() + 120
    while len(os.listdir(folder)) < others and time.monotonic() < end:  # noqa: PTH208
        time.sleep(0.005)
    return len(list(Path(folder).iterdir())) >= others


@flow
def once(x: float, folder: str) -> float:
    """Fail the first time."""
    mark = Path(folder, "failed")
    if not mark.exists():
        mark.touch()
        raise RuntimeError("no beam yet")
    return x


@flow
def wait(folder: str) -> None:
    """Say that it runs, and run until it is interrupted."""
    Path(folder, "waits").touch()
    end = time.monotonic() + 300
    while time.monotonic() < end:
        time.sleep(0.01)
    Path(folder, "ended").touch()


@flow
def told(folder: str) -> str:
    """Run until it is told to end."""
    Path(folder, "begun").touch()
    end = time.monotonic() + 300
    while not Path(folder, "go").exists() and time.monotonic() < end:
        time.sleep(0.02)
    return folder
