"""What a child flow of one task costs in time and memory, however many there are."""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from pathlib import Path

from benchmarks import table
from benchmarks.clock import median_times
from benchmarks.compositions import chain, independent, register_many
from benchmarks.table import Row
from lume_services import FlowOfFlows


def main(quick: bool) -> None:
    few, many, most = (2, 4, 8) if quick else (10, 100, 1000)
    register_many(most)
    FlowOfFlows.from_yaml(chain(few)).run()
    table.show([*time_rows(few, many, most), *memory_rows(many, most // many)])


def time_rows(few: int, many: int, most: int) -> Iterator[Row]:
    """Return the costs of a flow; the orchestrating flow is part of what each size takes."""
    apart = FlowOfFlows.from_yaml(independent(many))
    yield from flow_rows(f"{many} independent", median_times(apart.run, 3), many, 10)
    took = {}
    for count, repeats in ((few, 5), (many, 3), (most, 1)):
        times = median_times(FlowOfFlows.from_yaml(chain(count)).run, repeats)
        yield from flow_rows(f"{count} in a chain", times, count, 10 if count == many else None)
        _, took[count] = times
    early = (took[many] - took[few]) / (many - few)
    late = (took[most] - took[many]) / (most - many)
    yield Row(f"a flow after the first {few}, processor time", early * 1000, "ms")
    yield Row(f"a flow after the first {many}, processor time", late * 1000, "ms")
    yield Row("the latter against the former", late / early, "times", 1.1)


def flow_rows(
    which: str, times: tuple[float, float], count: int, target: float | None
) -> Iterator[Row]:
    clock, processor = (time / count * 1000 for time in times)
    yield Row(f"a flow, {which}", clock, "ms", target)
    yield Row(f"a flow, {which}, processor time", processor, "ms")


def memory_rows(many: int, rounds: int) -> Iterator[Row]:
    """Return what this process keeps of each flow that has ended."""
    flows = FlowOfFlows.from_yaml(chain(many))
    before = resident()
    for _ in range(rounds):
        flows.run()
    kept = (resident() - before) / (rounds * many) / 1000
    yield Row(f"memory for each of {rounds * many} more flows", kept, "kB", 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    yield Row("peak memory of the process", peak, "MB")


def resident() -> int:
    """Return how many bytes of this process are in memory, garbage not counted."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
