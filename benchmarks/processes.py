"""Whole processes: wall time, processor time and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Command = Sequence[str]


@dataclass(frozen=True)
class Usage:
    """What a process and those that it has waited for have used.

    ``peak`` is that of the largest of these processes, in MB; the others come on top. It is
    never below the 15 MB of the process that measures, in which a child begins.
    """

    wall: float
    cpu: float
    peak: float


def interleaved(
    commands: Mapping[str, Command], repeats: int, expected: str | None = None
) -> dict[str, Usage]:
    """Run all commands in turn, again and again; return the medians of each.

    Parameters
    ----------
    commands
        What to run, by label. One round that does not count warms caches and homes.
    repeats
        How many rounds count.
    expected
        What each has to print.
    """
    rounds = [
        {label: run(command, expected) for label, command in commands.items()}
        for _ in range(repeats + 1)
    ]
    return {label: median([each[label] for each in rounds[1:]]) for label in commands}


def run(command: Command, expected: str | None = None) -> Usage:
    """Run a command to its end; refuse to time one that fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        printed = process.stdout.read().decode().strip()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or (expected is not None and printed != expected):
        raise RuntimeError(f"{command} ended with {process.returncode} and printed {printed!r}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def median(usages: Sequence[Usage]) -> Usage:
    return Usage(
        statistics.median(usage.wall for usage in usages),
        statistics.median(usage.cpu for usage in usages),
        statistics.median(usage.peak for usage in usages),
    )


def show(usages: Mapping[str, Usage]) -> None:
    width = max(map(len, usages))
    print(f"  {'median of whole processes':{width}}  {'wall s':>7} {'cpu s':>7} {'peak MB':>8}")
    for label, usage in usages.items():
        print(f"  {label:{width}}  {usage.wall:7.3f} {usage.cpu:7.3f} {usage.peak:8.0f}")
