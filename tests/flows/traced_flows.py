"""Flows that leave a line in a file each time that they run."""

from __future__ import annotations

import time
from pathlib import Path

from prefect import flow


def trace(folder: str, name: str) -> str:
    """Append a line in one write, which several processes may do at once."""
    with Path(folder, "traces").open("a") as file:
        file.write(f"{name}\n")
    time.sleep(0.5)
    return name


@flow
def left(folder: str) -> str:
    return trace(folder, "left")


@flow
def right(folder: str) -> str:
    return trace(folder, "right")


@flow
def joined(folder: str, one: str, other: str) -> str:
    return trace(folder, f"{one}+{other}")


@flow
def last(folder: str, before: str) -> str:
    return trace(folder, f"last of {before}")
