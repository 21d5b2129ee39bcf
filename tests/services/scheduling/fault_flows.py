"""Flows that leave a trace in a file of each time that they begin and end."""

from __future__ import annotations

import os
import time
from pathlib import Path

from prefect import flow, task

from lume_services.services.scheduling.prefect_server import attempts


def note(folder: str, line: str) -> None:
    """Append a line in one write, which several processes may do at once."""
    with (Path(folder) / "traces").open("a") as file:
        file.write(f"{line}\n")


@flow
def traced(folder: str, name: str, seconds: float = 0) -> str:
    """Take some time, unless it has been tried before."""
    traces = Path(folder) / "traces"
    again = traces.exists() and f"{name} begins" in traces.read_text().splitlines()
    note(folder, f"{name} begins")
    if not again:
        time.sleep(seconds)
    note(folder, f"{name} ends")
    return name


@flow
def slow_attempt(folder: str) -> int:
    """Return the number of the attempt, as soon as a file tells that one to end."""
    attempts.SURE_SECONDS = -1.0
    note(folder, f"{os.getpid()}")
    number = len((Path(folder) / "traces").read_text().splitlines())
    while not (Path(folder) / f"end-{number}").exists():
        time.sleep(0.05)
    return number


@task
def step(folder: str) -> None:
    """Take a while."""
    note(folder, "step")
    time.sleep(0.5)


@flow
def stepping(folder: str) -> None:
    """Take many steps."""
    for _ in range(240):
        step(folder)
