"""Containers: from submission to result on a Docker worker, against ``docker run``."""

from __future__ import annotations

import json
import os
import statistics
import subprocess

from benchmarks import server, table
from benchmarks.clock import seconds
from benchmarks.compositions import FLOWS, register_many
from benchmarks.table import Row
from lume_services import config
from lume_services.services.scheduling.prefect_server.jobs.environment import job_environment

IMAGE = os.environ.get("BENCH_IMAGE", "lume-services:test")
PACKAGE = "accelerator-toolbox>=0.8"
PROGRAMS = f"{FLOWS.parent}:{FLOWS.parent}:ro"


def main(quick: bool) -> None:
    repeats = 1 if quick else 10
    os.environ |= {
        "LUME_DOCKER__IMAGE": IMAGE,
        "LUME_DOCKER__VOLUMES": json.dumps([PROGRAMS]),
    }
    with server.serving("docker"):
        register_many(1)
        table.show(rows(repeats))


def rows(repeats: int) -> list[Row]:
    begun = statistics.median(docker_run("true") for _ in range(repeats))
    installing, cached = with_extra_package(repeats)
    floor = statistics.median(by_hand() for _ in range(repeats))
    with server.running("worker", "start") as started:
        server.until(lambda: "started!" in started.log.read_text(), started.log)
        rounds = [server.submitted() for _ in range(repeats + 1)][1:]
    total = statistics.median(sum(parts) for parts in rounds)
    inspected = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", IMAGE],
        capture_output=True,
        check=True,
        text=True,
    )
    measured = [
        Row("docker run of the image, doing nothing", begun, "s"),
        Row("  installing an extra package first", installing, "s"),
        Row("  with that package in a volume", cached, "s"),
        Row("docker run of the image, executing the flow's run by hand", floor, "s"),
        Row("Docker worker, submission to result", total, "s"),
        Row("  beyond docker run", total - floor, "s", 1),
    ]
    for part, times in zip(server.PARTS, zip(*rounds, strict=True), strict=True):
        measured.append(Row(f"  {part}", statistics.median(times), "s"))
    return [*measured, Row("size of the image", int(inspected.stdout) / 1e6, "MB")]


def with_extra_package(repeats: int) -> tuple[float, float]:
    """Return how long a container takes that installs a package, and those after it."""
    volume = f"lume-bench-{os.getpid()}"
    try:
        times = [
            docker_run("true", volume=volume, EXTRA_PIP_PACKAGES=PACKAGE)
            for _ in range(repeats + 1)
        ]
    finally:
        subprocess.run(["docker", "volume", "rm", volume], stdout=subprocess.DEVNULL, check=False)
    return times[0], statistics.median(times[1:])


def docker_run(*command: str, volume: str | None = None, **environment: str) -> float:
    """Run a container to its end, with a volume for packages; return how long that takes."""
    home = str(config.current().settings.home)
    options = ["--rm", "--init", "--network", "host", "--no-healthcheck"]
    options += ["--volume", f"{home}:{home}", "--volume", PROGRAMS]
    options += ["--user", f"{os.getuid()}:{os.getgid()}"]
    if volume is not None:
        options += ["--volume", f"{volume}:/opt/extra"]
    for name, text in environment.items():
        options += ["--env", f"{name}={text}"]
    return seconds(lambda: subprocess.run(["docker", "run", *options, IMAGE, *command], check=True))


def by_hand() -> float:
    """Execute a run without a worker; return how long its container takes."""
    services = config.current()
    record = services.scheduling.record("halving0", "bench")
    run_id = services.scheduling.run(record, {"x": 1}, labels=["nobody"])
    server.take(run_id)
    took = docker_run(
        *("python", "-m", server.FLOW_PROCESS),
        **job_environment(services.settings),
        LUME_HOME=str(services.settings.home),
        PREFECT__FLOW_RUN_ID=run_id,
    )
    assert services.scheduling.get_result(run_id) is not None
    return took
