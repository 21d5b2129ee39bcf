"""Flows that leave a trace in a file of each time that they begin and end."""

from __future__ import annotations

import os
import time
from pathlib import Path

from prefect import flow


def note(folder: str, line: str) -> None:
    """Append a line in one write, which several processes may do at once."""
    with (Path(folder) / "traces").open("a") as file:
        file.write(f"{line}\n")


@flow
def traced(folder: str, name: str, seconds: float = 0) -> int:
    note(folder, f"{name} begins")
    time.sleep(seconds)
    note(folder, f"{name} ends")
    return os.getpid()


@flow
def busy(folder: str) -> None:
    """Tell the number of the process, and be busy for as long as the file is there."""
    note(folder, f"pid {os.getpid()}")
    while (Path(folder) / "traces").exists():
        time.sleep(0.05)
