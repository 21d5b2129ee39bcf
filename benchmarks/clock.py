"""Seconds that a call takes, in this process: by the clock, and of the processor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Call = Callable[[], object]


def seconds(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def median_times(call: Call, repeats: int) -> tuple[float, float]:
    """Return the medians of the time by the clock and of the processor time of this process."""
    rounds = []
    for _ in range(repeats):
        processor = time.process_time()
        rounds.append((seconds(call), time.process_time() - processor))
    clock, used = zip(*rounds, strict=True)
    return statistics.median(clock), statistics.median(used)


def median_seconds(call: Call, repeats: int) -> float:
    return statistics.median(seconds(call) for _ in range(repeats))


def interleaved_seconds(calls: Mapping[str, Call], repeats: int) -> dict[str, float]:
    """Make all calls in turn, again and again; return the median of each."""
    rounds = [{label: seconds(call) for label, call in calls.items()} for _ in range(repeats)]
    return {label: statistics.median(each[label] for each in rounds) for label in calls}
