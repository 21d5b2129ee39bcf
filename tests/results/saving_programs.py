"""Programs that save results with large values, for tests that run several at once."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lume_services import Result, config
from lume_services.results.values.garbage import collect_garbage

SIZE = 4096
# A provenance could refer to values of its own.
ALONE: dict[str, Any] = {"project_name": "test", "provenance": None}


def array(number: int) -> np.ndarray:
    return np.full(SIZE, float(number))


def save(writer: int, count: int) -> None:
    """Save results: half of the arrays are those of the other writers too."""
    for number in range(count):
        outputs = {"same": array(number), "own": array(1000 * (writer + 1) + number)}
        flow_id = f"{writer}-{number}"
        Result(**ALONE, flow_id=flow_id, inputs={}, outputs=outputs).insert()
        if number % 4 == 3:
            # What only this result held is for the collector.
            config.current().results_db.delete({"flow_id": flow_id})


def collect(seconds: int) -> None:
    """Collect without any grace, all the time until told to stop; print how much was removed."""
    removed, end = collect_garbage(timedelta()).removed, time.monotonic() + seconds
    print("collecting", flush=True)
    while not Path("stop").exists() and time.monotonic() < end:
        removed += collect_garbage(timedelta()).removed
    print(removed)


def hold(number: int) -> None:
    """Stop while a value is written, and wait to be killed."""

    class Endless:
        suffix = ".npy"

        def blocks(self):
            yield b"x" * 100_000
            print("writing", flush=True)
            time.sleep(60)

    with config.current().values.saving() as saving:
        saving.put(Endless())


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    {"save": save, "collect": collect, "hold": hold}[name](*map(int, arguments))
