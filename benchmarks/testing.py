"""Tests of a small flow: by our pytest plug-in, and on the test harness of Prefect."""

from __future__ import annotations

import shutil
import sys

from benchmarks import processes, table
from benchmarks.processes import Usage, interleaved
from benchmarks.table import Row
from benchmarks.text import PROGRAMS

PLUGIN, HARNESS = "plug-in", "prefect_test_harness"
PROGRAM = {PLUGIN: "test_plugin.py", HARNESS: "test_harness.py"}


def main(quick: bool) -> None:
    many = 2 if quick else 21
    for name in ("small_flow.py", *PROGRAM.values()):
        shutil.copy(PROGRAMS / name, name)
    commands = {label(name, count): pytest(name, count) for count in (1, many) for name in PROGRAM}
    usages = interleaved(commands, repeats=1 if quick else 3)
    processes.show(usages)
    table.show([each_more(usages, name, many) for name in PROGRAM])


def label(name: str, count: int) -> str:
    return f"{name}, {count} tests"


def pytest(name: str, count: int) -> list[str]:
    return ["env", f"BENCH_TESTS={count}", sys.executable, "-m", "pytest", PROGRAM[name]]


def each_more(usages: dict[str, Usage], name: str, many: int) -> Row:
    more = usages[label(name, many)].wall - usages[label(name, 1)].wall
    return Row(f"{name}, each more test", more / (many - 1) * 1000, "ms")
