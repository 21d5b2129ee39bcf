"""Many runs at once on a Prefect server: those that wait, and those that are submitted together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import patch

import httpx
import psutil  # type: ignore[import-untyped]

from benchmarks import table
from benchmarks.compositions import PROJECT, register_many
from benchmarks.server import Program, running, serving, until
from benchmarks.table import Row
from lume_services import config

FLOW = "halving0"
SETTLED_SECONDS = 5


def main(quick: bool) -> None:
    waiting, seconds, together = (10, 10, 10) if quick else (100, 60, 200)
    with serving() as server:
        register_many(1)
        table.show([*waiting_rows(server, waiting, seconds), *together_rows(server, together)])


def waiting_rows(server: Program, runs: int, seconds: int) -> Iterator[Row]:
    """Return what it costs that a program waits for runs that nobody takes."""
    scheduling = config.current().scheduling
    record = scheduling.record(FLOW, PROJECT)
    begin = megabytes(server)
    found = [scheduling.run(record, {"x": 1}, labels=["nobody"]) for _ in range(runs)]
    with ThreadPoolExecutor(runs) as pool:
        waiting = [pool.submit(scheduling.wait, run_id) for run_id in found]
        time.sleep(SETTLED_SECONDS)
        used = processor_seconds(server)
        with counted_requests() as requests:
            time.sleep(seconds)
        used = processor_seconds(server) - used
        yield Row(f"{runs} waiting runs: requests in all", len(requests) / seconds, "1/s", 1)
        yield Row("  of a core, the server's processor time", 100 * used / seconds, "%")
        yield Row("  the server's memory", megabytes(server), "MB")
        yield Row("  its memory before", begin, "MB")
        for run_id in found:
            scheduling.cancel(run_id)
        assert {each.result().state_type for each in waiting} == {"CANCELLED"}


def together_rows(server: Program, runs: int) -> Iterator[Row]:
    """Return how long runs take that are submitted together to one warm worker."""
    scheduling = config.current().scheduling
    record = scheduling.record(FLOW, PROJECT)
    used = processor_seconds(server)
    with running("worker", "start", "--warm", "8", "--limit", "8") as worker:
        until(lambda: "started!" in worker.log.read_text(), worker.log)
        begin = time.monotonic()
        found = [scheduling.run(record, {"x": 1}) for _ in range(runs)]
        sent = time.monotonic()
        ends = [scheduling.wait(run_id).state_type for run_id in found]
        took = time.monotonic() - begin
    assert ends == ["COMPLETED"] * runs
    used = processor_seconds(server) - used
    yield Row(f"{runs} runs together: submission of one", 1000 * (sent - begin) / runs, "ms")
    yield Row("  to the end of all, for one", 1000 * took / runs, "ms")
    yield Row("  the server's processor time for one", 1000 * used / runs, "ms")
    yield Row("  the server's memory", megabytes(server), "MB")


@contextmanager
def counted_requests() -> Iterator[list[str]]:
    """Note each request of this process."""
    sent: list[str] = []
    send = httpx.Client.send

    def noting(self: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        sent.append(request.url.path)
        return send(self, request, **options)  # type: ignore[arg-type]

    with patch.object(httpx.Client, "send", noting):
        yield sent


def megabytes(program: Program) -> float:
    return float(sum(each.memory_info().rss for each in processes(program))) / 1e6


def processor_seconds(program: Program) -> float:
    used = [each.cpu_times() for each in processes(program)]
    return float(sum(times.user + times.system for times in used))


def processes(program: Program) -> list[psutil.Process]:
    top = psutil.Process(program.pid)
    return [top, *top.children(recursive=True)]
