"""From submission to result on a Prefect server: cold and warm workers against the floor."""

from __future__ import annotations

import logging
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks import table
from benchmarks.clock import seconds
from benchmarks.compositions import chain, independent, register_many
from benchmarks.table import Row
from lume_services import FlowOfFlows, config
from lume_services.services.scheduling.prefect_server.programs import flow_environment

PROGRAM = [sys.executable, "-c", "from lume_services.cli.main import main; main()"]
PLAIN = Path(__file__).parent / "programs" / "plain_deployment.py"
SLOTS, SLEEP_SECONDS = 8, 2.0
FLOW_PROCESS = "lume_services.services.scheduling.prefect_server.flow_process"
PARTS = ("submission", "pick-up and start of the process", "run", "notice", "result")


def main(quick: bool) -> None:
    repeats, children, sleepers = (2, 2, 8) if quick else (20, 10, 100)
    os.environ["LUME_SCHEDULING__MAX_CONCURRENT_FLOWS"] = str(SLOTS)
    with serving():
        url = os.environ["LUME_PREFECT__API_URL"]
        register_many(children)
        register_many(1, "nothing")
        floor = statistics.median(by_hand() for _ in range(min(repeats, 5)))
        rows = [Row("floor: the flow's process, started by hand", floor, "s")]
        rows += plain_rows(url, max(2, repeats // 4))
        rows += worker_rows("cold", floor + 1, repeats)
        rows += worker_rows("warm", 1, repeats, "--warm", "4")
        rows += composition_rows(children)
        rows += utilisation_rows(sleepers)
    table.show(rows)


class Program(NamedTuple):
    """What runs in the background."""

    pid: int
    log: Path


@contextmanager
def serving(backend: str = "process") -> Iterator[Program]:
    """Run a Prefect server, which the settings name for a backend."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/api"
    os.environ |= {"LUME_BACKEND": backend, "LUME_PREFECT__API_URL": url}
    # That nobody takes a run is meant.
    logging.getLogger("lume_services").setLevel(logging.ERROR)
    with running("server", "start") as server:
        until(lambda: httpx.get(f"{url}/health").is_success, server.log)
        yield server


@contextmanager
def running(*arguments: str, program: Sequence[str] = PROGRAM) -> Iterator[Program]:
    """Run a command, by default one of ours."""
    log = Path(f"{arguments[0]}{time.monotonic_ns()}.log")
    with log.open("wb") as output:
        process = subprocess.Popen([*program, *arguments], stdout=output, stderr=output)
    try:
        yield Program(process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
    record = services.scheduling.record("nothing0", "bench")
    run_id = services.scheduling.run(record, {"x": 1}, labels=["nobody"])
    take(run_id)
    environment = flow_environment(services.settings, Path.cwd()) | {"PREFECT__FLOW_RUN_ID": run_id}
    command = [sys.executable, "-m", FLOW_PROCESS]
    took = seconds(lambda: subprocess.run(command, env=os.environ | environment, check=True))
    assert services.scheduling.get_result(run_id) is not None
    return took


def take(run_id: str) -> None:
    """Tell the server what a worker does that takes a run."""
    url = config.current().settings.prefect.api_url
    pending = {"state": {"type": "PENDING"}, "force": False}
    httpx.post(f"{url}/flow_runs/{run_id}/set_state", json=pending).raise_for_status()


def plain_rows(url: str, repeats: int) -> Iterator[Row]:
    """Return the median of Prefect's own way from submission to the known end."""
    environment = os.environ | {"PREFECT_API_URL": url, "PREFECT_LOGGING_LEVEL": "INFO"}
    prefect = [sys.executable, "-m", "prefect"]
    create = [*prefect, "work-pool", "create", "plain", "--type", "process"]
    subprocess.run(create, env=environment, check=True, capture_output=True)
    subprocess.run([sys.executable, str(PLAIN), "deploy"], env=environment, check=True)
    start = ["env", f"PREFECT_API_URL={url}", "PREFECT_LOGGING_LEVEL=INFO", *prefect]
    with running("worker", "start", "--pool", "plain", program=start) as worker:
        until(lambda: "started!" in worker.log.read_text(), worker.log)
        command = [sys.executable, str(PLAIN), "run", str(repeats)]
        printed = subprocess.run(command, env=environment, check=True, capture_output=True)
    took = statistics.median(map(float, printed.stdout.split()))
    yield Row("Prefect's run_deployment, as it comes", took, "s")


def worker_rows(name: str, target: float, repeats: int, *options: str) -> Iterator[Row]:
    """Return the median from submission to result, what it is made of, and with a task."""
    with running("worker", "start", *options) as worker:
        until(lambda: "started!" in worker.log.read_text(), worker.log)
        rounds = [submitted("nothing0") for _ in range(repeats + 1)][1:]
        with_task = statistics.median(sum(submitted()) for _ in range(repeats))
    total = statistics.median(sum(parts) for parts in rounds)
    yield Row(f"{name} worker, submission to result", total, "s", target)
    for part, times in zip(PARTS, zip(*rounds, strict=True), strict=True):
        yield Row(f"  {part}", statistics.median(times), "s")
    yield Row("  the same of a flow with a task", with_task, "s")


def submitted(flow: str = "halving0") -> tuple[float, ...]:
    """Run a flow to its end; return how long each part took."""
    scheduling = config.current().scheduling
    record = scheduling.record(flow, "bench")
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
    with running("worker", "start", "--warm", "4") as worker:
        until(lambda: "started!" in worker.log.read_text(), worker.log)
        alone = statistics.median(sum(submitted()) for _ in range(3))
        took = seconds(lambda: composed.run_and_return({})) / (children + 1)
    yield Row(f"a child in a chain of {children}, beyond its run", took - alone, "s", 0.3)


def utilisation_rows(children: int) -> Iterator[Row]:
    """Return how much of its slots' time a warm worker spends in flows that sleep."""
    register_many(children, "sleeping")
    composed = FlowOfFlows.from_yaml(independent(children, "sleeping"))
    with running("worker", "start", "--warm", str(SLOTS)) as worker:
        until(lambda: "started!" in worker.log.read_text(), worker.log)
        took = seconds(lambda: composed.run_and_return({}))
    share = 100 * children * SLEEP_SECONDS / SLOTS / took
    label = f"{children} flows of {SLEEP_SECONDS:g} s on {SLOTS} slots: slots in use"
    yield Row(label, share, "%", 85, at_least=True)
