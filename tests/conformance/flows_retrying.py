"""Flows and tasks that are tried again, or take too long."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from cases import PREFECT, Case, note
from prefect import flow, task
from prefect.tasks import exponential_backoff

TOO_EARLY = "RuntimeError: too early"


def succeed_at(attempt: int) -> int:
    if note("tried") < attempt:
        raise RuntimeError("too early")
    return attempt


@task(retries=2)
def third_time() -> int:
    return succeed_at(3)


@flow
def task_is_retried() -> int:
    return third_time()


@flow
def task_retries_are_used_up() -> int:
    return third_time.with_options(retries=1)()


@flow
def task_waits_before_retries() -> list[Any]:
    start = time.monotonic()
    value = third_time.with_options(retry_delay_seconds=[0.1, 0.2])()
    return [value, 0.3 <= time.monotonic() - start < 60]


@flow
def task_backs_off() -> list[Any]:
    delays = exponential_backoff(backoff_factor=0.1)
    start = time.monotonic()
    value = third_time.with_options(retry_delay_seconds=delays)()
    return [value, 0.3 <= time.monotonic() - start < 60]


@flow
def task_waits_with_jitter() -> int:
    return third_time.with_options(retry_delay_seconds=0.05, retry_jitter_factor=1.0)()


def is_early(failed: Any, run: Any, state: Any) -> bool:
    error = state.result(raise_on_failure=False)
    note(f"asked of {type(error).__name__}")
    return isinstance(error, RuntimeError)


@task(retries=3, retry_condition_fn=is_early)
def tried_while_early(error: str) -> None:
    note("tried")
    raise {"early": RuntimeError, "wrong": ValueError}[error](error)


@flow
def condition_allows() -> None:
    tried_while_early.with_options(retries=1)("early")


@flow
def condition_forbids() -> None:
    tried_while_early("wrong")


@flow
async def async_task_is_retried() -> int:
    @task(retries=2)
    async def third_time_later() -> int:
        return succeed_at(3)

    return await third_time_later()


@flow
def submitted_task_is_retried() -> int:
    return third_time.submit().result()


@flow(retries=2)
def flow_is_retried() -> int:
    return succeed_at(3)


@flow(retries=1)
async def async_flow_is_retried() -> int:
    return succeed_at(2)


@flow(retries=1)
def flow_retries_are_used_up() -> int:
    return succeed_at(3)


@flow(retries=1, retry_delay_seconds=1)
def flow_is_retried_after_its_delay() -> bool:
    started.append(time.monotonic())
    succeed_at(2)
    return started[-1] - started[-2] >= 1


started: list[float] = []


@flow(retries=1)
def child_is_run_again() -> int:
    value = noted_child()
    succeed_at(2)
    return value


@flow
def noted_child() -> int:
    note("child")
    return 1


@task(persist_result=True)
def expensive() -> int:
    note("computed")
    return 7


@flow(retries=1)
def finished_tasks_are_reused() -> int:
    value = expensive()
    succeed_at(2)
    return value


@flow(timeout_seconds=0.2)
def flow_takes_too_long() -> None:
    time.sleep(10)


@flow(timeout_seconds=0.2)
async def async_flow_takes_too_long() -> None:
    await asyncio.sleep(10)


@task(timeout_seconds=0.2)
def slow() -> None:
    time.sleep(10)


@flow
def task_takes_too_long() -> None:
    slow()


@flow
def async_task_takes_too_long() -> str:
    @task(timeout_seconds=0.2)
    async def slow_later() -> None:
        await asyncio.sleep(10)

    @flow
    async def timed() -> str:
        return (await slow_later(return_state=True)).name

    return asyncio.run(timed())


@flow
def slow_task_is_retried() -> None:
    slow.with_options(retries=1, timeout_seconds=0.1)()


@flow(timeout_seconds=1, retries=1)
def slow_flow_is_retried() -> int:
    if note("tried") < 2:
        time.sleep(10)
    return 2


@flow(timeout_seconds=300)
def flow_is_quick_enough() -> int:
    return 1


FLOW_LATE = "FlowRunTimeoutError: Scope timed out after 0.2 second(s)."
TASK_LATE = "TaskRunTimeoutError: Scope timed out after {} second(s)."

# A child that is called again by a parent that is retried.
NEW_CHILD, SAME_CHILD = ["noted-child Completed 1"] * 2, ["noted-child Completed 2"]

CASES = [
    Case(task_is_retried, {}, 3, tasks=["third_time Completed 3"], notes=["tried"] * 3),
    Case(
        task_retries_are_used_up,
        {},
        TOO_EARLY,
        "Failed",
        tasks=["third_time Failed 2"],
        notes=["tried"] * 2,
    ),
    Case(
        task_waits_before_retries,
        {},
        [3, True],
        tasks=["third_time Completed 3"],
        notes=["tried"] * 3,
    ),
    Case(task_backs_off, {}, [3, True], tasks=["third_time Completed 3"], notes=["tried"] * 3),
    Case(task_waits_with_jitter, {}, 3, tasks=["third_time Completed 3"], notes=["tried"] * 3),
    Case(
        condition_allows,
        {},
        "RuntimeError: early",
        "Failed",
        tasks=["tried_while_early Failed 2"],
        notes=["tried", "asked of RuntimeError", "tried"],
    ),
    Case(
        condition_forbids,
        {},
        "ValueError: wrong",
        "Failed",
        tasks=["tried_while_early Failed 1"],
        notes=["tried", "asked of ValueError"],
    ),
    Case(async_task_is_retried, {}, 3, tasks=["third_time_later Completed 3"], notes=["tried"] * 3),
    Case(submitted_task_is_retried, {}, 3, tasks=["third_time Completed 3"], notes=["tried"] * 3),
    Case(flow_is_retried, {}, 3, attempts=3, notes=["tried"] * 3),
    Case(async_flow_is_retried, {}, 2, attempts=2, notes=["tried"] * 2),
    Case(flow_retries_are_used_up, {}, TOO_EARLY, "Failed", attempts=2, notes=["tried"] * 2),
    Case(flow_is_retried_after_its_delay, {}, True, attempts=2, notes=["tried"] * 2),
    Case(
        child_is_run_again,
        {},
        1,
        attempts=2,
        children=NEW_CHILD if PREFECT >= (3, 8, 7) else SAME_CHILD,
        notes=["child", "tried", "child", "tried"],
    ),
    Case(
        finished_tasks_are_reused,
        {},
        7,
        attempts=2,
        tasks=["expensive Cached 1", "expensive Completed 1"],
        notes=["computed", "tried", "tried"],
    ),
    Case(flow_takes_too_long, {}, FLOW_LATE, "FAILED/TimedOut"),
    Case(async_flow_takes_too_long, {}, FLOW_LATE, "FAILED/TimedOut"),
    Case(
        task_takes_too_long, {}, TASK_LATE.format(0.2), "FAILED/TimedOut", tasks=["slow TimedOut 1"]
    ),
    Case(async_task_takes_too_long, {}, "TimedOut", children=["timed Completed 1"]),
    Case(
        slow_task_is_retried,
        {},
        TASK_LATE.format(0.1),
        "FAILED/TimedOut",
        tasks=["slow TimedOut 2"],
    ),
    Case(slow_flow_is_retried, {}, 2, attempts=2, notes=["tried"] * 2),
    Case(flow_is_quick_enough, {}, 1),
]
