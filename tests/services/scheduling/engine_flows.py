"""Flows for the engine's tests, in a module so that other processes can import them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from prefect import flow, get_run_logger, task
from prefect.cache_policies import INPUTS
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner
from pydantic import BaseModel

from lume_services import config
from lume_services.services.scheduling.async_service import AsyncSchedulingService
from lume_services.services.scheduling.run_context import current_run

attempts: dict[str, int] = {}


def count(name: str) -> int:
    attempts[name] = attempts.get(name, 0) + 1
    return attempts[name]


@task
def add(x: float, y: float = 1) -> float:
    return x + y


@task
def array() -> Any:
    return np.zeros(3)


@task
def identity() -> tuple[str, str]:
    run = current_run()
    assert run is not None
    return run.project_name, run.flow_name


@task(retries=2)
def flaky_task() -> int:
    if count("task") < 3:
        raise RuntimeError("no beam yet")
    return attempts["task"]


@task
def broken() -> None:
    raise ValueError("the magnet is off")


@task(cache_policy=INPUTS, persist_result=True)
def cached(x: int) -> int:
    count("cached")
    return x


@flow
def sync_flow(x: float = 1) -> float:
    return add(x)


@flow
async def async_flow(x: float) -> float:
    await asyncio.sleep(0)
    return add(x)


@flow
def generator_flow(n: int) -> Iterator[int]:
    yield from range(n)


@flow
def array_flow() -> Any:
    return array()


@flow
def no_return(x: float) -> None:
    add(x)
    add(x + 1)
    array()


@flow
def parent_flow(x: float) -> list[Any]:
    return [sync_flow(x), middle_flow(x), identity()]


@flow
def middle_flow(x: float) -> list[Any]:
    return [sync_flow(x + 1), identity()]


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def threads_flow(n: int) -> list[float]:
    first = add.submit(0)
    return [f.result() for f in add.map(list(range(n)), y=first)]


@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def processes_flow() -> list[Any]:
    return [add.submit(1).result(), list(identity.submit().result())]


@flow
def retrying_task() -> int:
    return flaky_task()


@flow(retries=1, retry_delay_seconds=1)
def retrying_flow() -> int:
    if count("flow") < 2:
        raise RuntimeError("again")
    return attempts["flow"]


@flow
def failing_flow() -> None:
    broken()


@flow(timeout_seconds=0.2)
def late_flow() -> None:
    time.sleep(5)


@flow
def twice_cached(x: int) -> list[int]:
    return [cached(x), cached(x)]


@task
def late(i: int) -> int:
    time.sleep(0.02 * (i % 3))
    return i


@flow
def scattered_flow(n: int) -> None:
    late.map(list(range(n))).wait()


@flow
def chained_flow(n: int) -> list[float]:
    return add.map(add.map(list(range(n)))).result()


class QuenchError(Exception): ...


@flow
def quenching_flow() -> None:
    raise QuenchError("the coil is at 9 K\nor above")


@flow
def stubborn_flow() -> None:
    try:
        hooks.append("it takes no cancellation")
        while True:
            time.sleep(0.05)
    except KeyboardInterrupt:
        return


@task
def nap(seconds: float) -> None:
    time.sleep(seconds)


@flow
def napping_flow() -> None:
    for future in [nap.submit(60), nap.submit(60)]:
        future.result()


class Twiss(BaseModel):
    beta: float
    alpha: float = 0.0


@flow
def pydantic_flow(twiss: Twiss) -> float:
    return twiss.beta


@flow
def talking_flow() -> None:
    get_run_logger().warning("the beam is unstable")


@flow
def endless_flow() -> None:
    for _ in range(6000):
        time.sleep(0.05)


@flow
def endless_parent() -> None:
    endless_flow()


hooks: list[str] = []


def note(name: str) -> Any:
    def hook(flow: Any, run: Any, state: Any) -> None:
        hooks.append(f"{name}:{state.name}")

    return hook


@flow(
    on_running=[note("running")],
    on_completion=[note("completion")],
    on_failure=[note("failure")],
    on_cancellation=[note("cancellation")],
    on_crashed=[note("crashed")],
)
def hooked_flow(seconds: float = 0, fail: bool = False) -> None:
    for _ in range(round(seconds / 0.05)):
        time.sleep(0.05)
    if fail:
        raise ValueError("failed on purpose")


@flow
def any_arguments(a: int, *others: int, **options: float) -> list[Any]:
    return [a, list(others), options]


@flow
def surroundings() -> list[str]:
    return [os.environ["MAGNET"], str(Path.cwd())]


@flow
def tell_process() -> None:
    get_run_logger().info("pid %d", os.getpid())
    for _ in range(6000):
        time.sleep(0.05)


@flow
def held_flow(folder: str) -> None:
    """Run until a file tells it to end."""
    while not (Path(folder) / "go").exists():
        time.sleep(0.05)


@flow
async def awaiting_parent(n: int) -> list[Any]:
    scheduling = AsyncSchedulingService(config.current().scheduling)
    children = (scheduling.run_and_return(sync_flow, {"x": x}) for x in range(n))
    return list(await asyncio.gather(*children))


@flow
def counting_flow(n: int, seconds: float) -> None:
    logger = get_run_logger()
    for i in range(n):
        logger.info("step %d", i)
        time.sleep(seconds)


@flow
def counting_parent(n: int, seconds: float) -> None:
    get_run_logger().info("before")
    counting_flow(n, seconds)
    get_run_logger().info("after")
