"""Flows for pods that come to harm."""

from __future__ import annotations

import os
import time
from pathlib import Path

from prefect import flow


@flow
def harmed(folder: str, name: str, harm: str = "") -> str:
    """Take long, or come to harm, at the first attempt; end well at the next."""
    begun = Path(folder) / name
    if begun.exists() and harm != "exit":
        return f"{name} again"
    begun.touch()
    if harm == "memory":
        hoard = [bytearray(32 * 2**20) for _ in range(64)]
        return str(len(hoard))
    if harm == "exit":
        print("the beam is lost", flush=True)
        os._exit(7)
    time.sleep(120)
    return name


@flow
def until_told(folder: str, seconds: float) -> str:
    """Go on until a file tells to end."""
    (Path(folder) / "begun").touch()
    end = time.monotonic() + seconds
    while not (Path(folder) / "told").exists() and time.monotonic() < end:
        time.sleep(0.1)
    return "told"
