"""What a child flow of one task costs in time and memory, however many there are."""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from pathlib import Path

from benchmarks import table
from benchmarks.clock import median_seconds, seconds
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
    yield Row(f"a flow, {many} independent", median_seconds(apart.run, 3) / many * 1000, "ms", 10)
    chains = {count: FlowOfFlows.from_yaml(chain(count)) for count in (few, many, most)}
    took = {
        few: median_seconds(chains[few].run, 5),
        many: median_seconds(chains[many].run, 3),
        most: seconds(chains[most].run),
    }
    for count, time in took.items():
        target = 10 if count == many else None
        yield Row(f"a flow, {count} in a chain", time / count * 1000, "ms", target)
    early = (took[many] - took[few]) / (many - few)
    late = (took[most] - took[many]) / (most - many)
    yield Row(f"a flow after the first {few}", early * 1000, "ms")
    yield Row(f"a flow after the first {many}", late * 1000, "ms")
    yield Row("the latter against the former", late / early, "times", 1.1)


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
