"""Flows that say where they are and then stay there, for programs that are interrupted."""

from __future__ import annotations

import asyncio
import time

from prefect import flow, task


def stay(seconds: float = 300) -> None:
    """Say that the place is reached; do something there, in small steps."""
    print("there", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)


@task
def stay_in_task() -> None:
    stay()


@flow
def in_flow() -> None:
    stay()


@flow
def in_task() -> None:
    stay_in_task()


@flow
def in_child() -> None:
    in_task()


@flow
def in_thread() -> None:
    stay_in_task.submit().result()


@task(retries=1, retry_delay_seconds=300)
def failing() -> None:
    print("there", flush=True)
    raise RuntimeError("no beam")


@flow
def before_task_retry() -> None:
    failing()


@flow(retries=1, retry_delay_seconds=300)
def before_flow_retry() -> None:
    print("there", flush=True)
    raise RuntimeError("no beam")


@flow
async def in_async_flow() -> None:
    print("there", flush=True)
    await asyncio.sleep(300)


@flow
async def in_async_child() -> None:
    await in_async_flow()
