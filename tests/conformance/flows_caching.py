"""Results that are kept and used again, and transactions."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from cases import Case, note
from prefect import flow, task
from prefect.cache_policies import DEFAULT, INPUTS, NO_CACHE, RUN_ID, TASK_SOURCE
from prefect.context import TaskRunContext
from prefect.transactions import IsolationLevel, transaction


def body(x: int) -> int:
    note(f"computed {x}")
    return x * x


def squaring(**options: Any) -> Any:
    return task(**options)(square)


def square(x: int) -> int:
    return body(x)


def twice(name: str, **options: Any) -> Any:
    """Return a flow that calls a task twice with the same input."""
    squared = squaring(**options)

    @flow(name=name)
    def calls_twice(x: int) -> list[int]:
        return [squared(x), squared(x)]

    return calls_twice


def by_parity(context: TaskRunContext, inputs: dict[str, Any]) -> str:
    return f"parity-{inputs['x'] % 2}"


@flow
def same_parity() -> list[int]:
    squared = squaring(cache_key_fn=by_parity, persist_result=True)
    return [squared(2), squared(4), squared(3)]


@task(cache_policy=INPUTS - "label", persist_result=True)
def labelled(x: int, label: str) -> int:
    return body(x)


@flow
def without_one_input() -> list[int]:
    return [labelled(2, "a"), labelled(2, "b")]


@flow
def expiring() -> list[int]:
    squared = squaring(
        cache_policy=INPUTS, persist_result=True, cache_expiration=timedelta(seconds=0.3)
    )
    first = [squared(2), squared(2)]
    time.sleep(0.4)
    return [*first, squared(2)]


@flow
def looked_up_by_state() -> list[str]:
    squared = squaring(cache_policy=INPUTS, persist_result=True)
    return [squared(2, return_state=True).name, squared(2, return_state=True).name]


@flow(persist_result=True)
def persisted_flow(x: int) -> int:
    return body(x)


@flow(retries=1)
def persisted_child_is_reused() -> int:
    value = persisted_flow(2)
    if note("tried") < 2:
        raise RuntimeError("too early")
    return value


@task
def write(name: str) -> str:
    note(f"write {name}")
    return name


@write.on_rollback
def unwrite(transaction: Any) -> None:
    note("unwrite")


@write.on_commit
def confirm(transaction: Any) -> None:
    note("commit")


@flow
def committing() -> str:
    with transaction():
        write("a")
        note("inside")
    return "done"


@flow
def rolling_back() -> None:
    with transaction():
        write("a")
        raise RuntimeError("the check failed")


@flow
def rolled_back_and_caught() -> str:
    try:
        with transaction():
            write("a")
            write("b")
            raise RuntimeError("the check failed")
    except RuntimeError as error:
        return str(error)


@flow
def values_of_a_transaction() -> str:
    with transaction() as outer:
        outer.set("unit", "mm")
        with transaction() as nested:
            return str(nested.get("unit"))


@flow
def once_by_key() -> bool:
    with transaction(key="orbit", isolation_level=IsolationLevel.READ_COMMITTED) as orbit:
        if orbit.is_committed():
            return True
        note("measured")
        orbit.stage({"x": 1})
    return False


FOUR = [4, 4]
KEPT: dict[str, Any] = {"persist_result": True}


def squares(*states: str) -> list[str]:
    return [f"square {state} 1" for state in states]


CASES = [
    Case(
        twice("not cached unless persisted"),
        {"x": 2},
        FOUR,
        tasks=squares("Completed", "Completed"),
        notes=["computed 2"] * 2,
    ),
    Case(
        twice("default policy in one run", cache_policy=DEFAULT, **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Cached", "Completed"),
        notes=["computed 2"],
    ),
    Case(
        twice("default policy in two runs", **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Cached", "Completed"),
        notes=["computed 2"] * 2,
        times=2,
    ),
    Case(
        twice("by inputs in two runs", cache_policy=INPUTS, **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Cached", "Cached"),
        notes=["computed 2"],
        times=2,
    ),
    Case(
        twice("by source and inputs", cache_policy=TASK_SOURCE + INPUTS, **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Cached", "Cached"),
        notes=["computed 2"],
        times=2,
    ),
    Case(
        twice("by run", cache_policy=RUN_ID, **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Cached", "Completed"),
        notes=["computed 2"] * 2,
        times=2,
    ),
    Case(
        twice("no cache", cache_policy=NO_CACHE, **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Completed", "Completed"),
        notes=["computed 2"] * 2,
    ),
    Case(
        twice("refreshed", cache_policy=INPUTS, refresh_cache=True, **KEPT),
        {"x": 2},
        FOUR,
        tasks=squares("Completed", "Completed"),
        notes=["computed 2"] * 2,
    ),
    Case(
        same_parity,
        {},
        [4, 4, 9],
        tasks=squares("Cached", "Completed", "Completed"),
        notes=["computed 2", "computed 3"],
    ),
    Case(
        without_one_input,
        {},
        FOUR,
        tasks=["labelled Cached 1", "labelled Completed 1"],
        notes=["computed 2"],
    ),
    Case(
        expiring,
        {},
        [4, 4, 4],
        tasks=squares("Cached", "Completed", "Completed"),
        notes=["computed 2"] * 2,
    ),
    Case(
        looked_up_by_state,
        {},
        ["Completed", "Cached"],
        tasks=squares("Cached", "Completed"),
        notes=["computed 2"],
    ),
    Case(
        persisted_child_is_reused,
        {},
        4,
        attempts=2,
        children=["persisted-flow Completed 1"],
        notes=["computed 2", "tried", "tried"],
    ),
    Case(
        committing, {}, "done", tasks=["write Completed 1"], notes=["write a", "inside", "commit"]
    ),
    Case(
        rolling_back,
        {},
        "RuntimeError: the check failed",
        "Failed",
        tasks=["write RolledBack 1"],
        notes=["write a", "unwrite"],
    ),
    Case(
        rolled_back_and_caught,
        {},
        "the check failed",
        tasks=["write RolledBack 1", "write RolledBack 1"],
        notes=["write a", "write b", "unwrite", "unwrite"],
    ),
    Case(values_of_a_transaction, {}, "mm"),
    Case(once_by_key, {}, True, notes=["measured"], times=2),
]
