"""Flows that call tasks and other flows, in all the ways there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from cases import Case
from prefect import flow, task, unmapped
from prefect.futures import as_completed, wait
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner


@task
def add(x: float, y: float = 1) -> float:
    return x + y


@task
async def add_later(x: float, y: float = 1) -> float:
    await asyncio.sleep(0.01)
    return x + y


@task
def count_up(n: int) -> Iterator[int]:
    yield from range(n)


@task
async def count_up_later(n: int) -> AsyncIterator[int]:
    for i in range(n):
        yield i


@flow
def plain(x: float) -> float:
    return add(x)


@flow
async def asynchronous(x: float) -> float:
    return await add_later(x)


@flow
async def asynchronous_calls_both(x: float) -> list[float]:
    return [add(x), *await asyncio.gather(add_later(x, 2), add_later(x, 3))]


@flow
def innermost(x: float) -> float:
    return add(x)


@flow
def inner(x: float) -> float:
    return innermost(x) + innermost(x + 1)


@flow
def three_deep(x: float) -> float:
    return inner(x)


@flow
async def gathering(n: int) -> list[float]:
    return list(await asyncio.gather(*(asynchronous(i) for i in range(n))))


@flow
async def calls_a_sync_flow(x: float) -> float:
    return plain(x)


@flow
def submitting(x: float) -> float:
    first = add.submit(x)
    return add.submit(first, 2).result()


@flow
async def submitting_async(x: float) -> float:
    return add_later.submit(x).result()


@flow
def mapping(n: int) -> list[float]:
    return add.map(range(n), unmapped(10)).result()


@flow
def mapping_pairs() -> list[float]:
    return add.map([1, 2], [10, 20]).result()


@flow
def waiting_for_others() -> list[bool]:
    first = add.submit(1)
    second = add.submit(2, wait_for=[first])
    second.wait()
    done, not_done = wait([first, second])
    return [first.state.is_completed(), len(done) == 2, not not_done]


@flow
def as_they_complete(n: int) -> list[float]:
    return sorted(future.result() for future in as_completed(add.map(range(n), 1)))


@flow(task_runner=ThreadPoolTaskRunner(max_workers=3))
def in_threads(n: int) -> list[float]:
    return [future.result() for future in [add.submit(i) for i in range(n)]]


@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def in_processes(n: int) -> list[float]:
    return add.map(range(n)).result()


@flow
def generating(n: int) -> Iterator[int]:
    yield from range(n)


@flow
async def generating_later(n: int) -> AsyncIterator[int]:
    for i in range(n):
        yield i


@flow
def taking_from_a_generator(n: int) -> list[int]:
    return [*generating(n), *count_up(n)]


@flow
async def taking_from_an_async_generator(n: int) -> list[int]:
    return [i async for i in generating_later(n)] + [i async for i in count_up_later(n)]


@flow
def calling_in_a_task() -> float:
    @task
    def outer() -> float:
        return add(1) + plain(1)

    return outer()


@flow
def returning_nothing() -> None:
    add(1)


class Lattice:
    def __init__(self, cells: int) -> None:
        self.cells = cells

    @flow
    def of_an_object(self) -> float:
        return add(self.cells)

    @flow
    @staticmethod
    def of_a_class(cells: int) -> float:
        return add(cells)


CASES = [
    Case(plain, {"x": 1}, 2, tasks=["add Completed 1"]),
    Case(asynchronous, {"x": 1}, 2, tasks=["add_later Completed 1"]),
    Case(
        asynchronous_calls_both,
        {"x": 1},
        [2, 3, 4],
        tasks=["add Completed 1", "add_later Completed 1", "add_later Completed 1"],
    ),
    Case(three_deep, {"x": 1}, 5, children=["inner Completed 1"]),
    Case(gathering, {"n": 3}, [1, 2, 3], children=["asynchronous Completed 1"] * 3),
    Case(calls_a_sync_flow, {"x": 1}, 2, children=["plain Completed 1"]),
    Case(submitting, {"x": 1}, 4, tasks=["add Completed 1"] * 2),
    Case(submitting_async, {"x": 1}, 2, tasks=["add_later Completed 1"]),
    Case(mapping, {"n": 4}, [10, 11, 12, 13], tasks=["add Completed 1"] * 4),
    Case(mapping_pairs, {}, [11, 22], tasks=["add Completed 1"] * 2),
    Case(waiting_for_others, {}, [True, True, True], tasks=["add Completed 1"] * 2),
    Case(as_they_complete, {"n": 3}, [1, 2, 3], tasks=["add Completed 1"] * 3),
    Case(in_threads, {"n": 5}, [1, 2, 3, 4, 5], tasks=["add Completed 1"] * 5),
    Case(in_processes, {"n": 2}, [1, 2], tasks=["add Completed 1"] * 2),
    Case(
        taking_from_a_generator,
        {"n": 2},
        [0, 1, 0, 1],
        tasks=["count_up Completed 1"],
        children=["generating Completed 1"],
    ),
    Case(
        taking_from_an_async_generator,
        {"n": 2},
        [0, 1, 0, 1],
        tasks=["count_up_later Completed 1"],
        children=["generating-later Completed 1"],
    ),
    Case(
        calling_in_a_task,
        {},
        4,
        tasks=["add Completed 1", "outer Completed 1"],
        children=["plain Completed 1"],
    ),
    Case(returning_nothing, {}, None, tasks=["add Completed 1"]),
    Case(Lattice(3).of_an_object, {}, 4, tasks=["add Completed 1"]),
    Case(Lattice.of_a_class, {"cells": 3}, 4, tasks=["add Completed 1"]),
]
