"""From submission to result on a Prefect server: cold and warm workers against the floor."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks import table
from benchmarks.clock import seconds
from benchmarks.compositions import chain, register_many
from benchmarks.table import Row
from lume_services import FlowOfFlows, config
from lume_services.services.scheduling.prefect_server.programs import flow_environment

PROGRAM = [sys.executable, "-c", "from lume_services.cli.main import main; main()"]
FLOW_PROCESS = "lume_services.services.scheduling.prefect_server.flow_process"
PARTS = ("submission", "pick-up and start of the process", "run", "notice", "result")


def main(quick: bool) -> None:
    repeats, children = (2, 2) if quick else (20, 10)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/api"
    os.environ |= {"LUME_BACKEND": "process", "LUME_PREFECT__API_URL": url}
    with running("server", "start") as log:
        until(lambda: httpx.get(f"{url}/health").is_success, log)
        register_many(children)
        floor = statistics.median(by_hand() for _ in range(min(repeats, 5)))
        rows = [Row("floor: the flow's process, started by hand", floor, "s")]
        rows += worker_rows("cold", floor + 1, repeats)
        rows += worker_rows("warm", 1, repeats, "--warm")
        rows += composition_rows(children)
    table.show(rows)


@contextmanager
def running(*arguments: str) -> Iterator[Path]:
    """Run a command of ours; give its log."""
    log = Path(f"{arguments[0]}{time.monotonic_ns()}.log")
    with log.open("wb") as output:
        process = subprocess.Popen([*PROGRAM, *arguments], stdout=output, stderr=output)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(30)


def until(ready: object, log: Path) -> None:
    for _ in range(1200):
        try:
            if ready():  # type: ignore[operator]
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(log.read_text()[-2000:])


def by_hand() -> float:
    """Execute a run without a worker; return how long its process takes."""
    services = config.current()
    record = services.scheduling.record("flow0", "bench")
    run_id = services.scheduling.run(record, {"x": 1}, labels=["nobody"])
    environment = flow_environment(services.settings, Path.cwd()) | {"PREFECT__FLOW_RUN_ID": run_id}
    command = [sys.executable, "-m", FLOW_PROCESS]
    took = seconds(lambda: subprocess.run(command, env=os.environ | environment, check=True))
    assert services.scheduling.get_result(run_id) is not None
    return took


def worker_rows(name: str, target: float, repeats: int, *options: str) -> Iterator[Row]:
    """Return the median from submission to result, and what it is made of."""
    with running("worker", "start", *options) as log:
        until(lambda: "started!" in log.read_text(), log)
        rounds = [submitted() for _ in range(repeats + 1)][1:]
    total = statistics.median(sum(parts) for parts in rounds)
    yield Row(f"{name} worker, submission to result", total, "s", target)
    for part, times in zip(PARTS, zip(*rounds, strict=True), strict=True):
        yield Row(f"  {part}", statistics.median(times), "s")


def submitted() -> tuple[float, ...]:
    """Run a flow to its end; return how long each part took."""
    scheduling = config.current().scheduling
    record = scheduling.record("flow0", "bench")
    begin = time.time()
    run_id = scheduling.run(record, {"x": 1})
    sent = time.time()
    run = scheduling.wait(run_id)
    noticed = time.time()
    scheduling.get_result(run_id)
    assert run.started is not None
    assert run.ended is not None
    started, ended = run.started.timestamp(), run.ended.timestamp()
    return sent - begin, started - sent, ended - started, noticed - ended, time.time() - noticed


def composition_rows(children: int) -> Iterator[Row]:
    """Return what a child costs in a chain, beyond a run of its own."""
    composed = FlowOfFlows.from_yaml(chain(children))
    with running("worker", "start", "--warm") as log:
        until(lambda: "started!" in log.read_text(), log)
        alone = statistics.median(sum(submitted()) for _ in range(3))
        took = seconds(lambda: composed.run_and_return({})) / (children + 1)
    yield Row(f"a child in a chain of {children}, beyond its run", took - alone, "s", 0.3)
