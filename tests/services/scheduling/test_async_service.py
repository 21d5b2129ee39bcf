"""The scheduling service of asynchronous programs, on every backend."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import engine_flows as flows
import pytest

from lume_services.errors import FlowFailedError, RunTimeoutError
from lume_services.services.scheduling.async_service import AsyncSchedulingService
from lume_services.services.scheduling.run import LogLine
from lume_services.services.scheduling.service import SchedulingService
from servers.backends import SAMPLE


@pytest.fixture
def awaited(service: SchedulingService) -> AsyncSchedulingService:
    return AsyncSchedulingService(service)


async def running(service: AsyncSchedulingService, name: str) -> str:
    """Wait until a run of that name is under way; return its identifier."""
    for _ in range(3000):
        for run in await service.runs(limit=10):
            if (run.name, run.state_name) == (name, "Running"):
                return run.id
        await asyncio.sleep(0.1)
    raise AssertionError(f"{name} never ran")


def test_it_has_the_methods_of_the_service() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"}

    # What blocks by nature, what is immediate, and what needs no server.
    assert methods(SchedulingService) - methods(AsyncSchedulingService) == {
        "ended",
        "follower",
        "serve",
    }
    assert methods(AsyncSchedulingService) - methods(SchedulingService) == set()


@SAMPLE
def test_awaited_runs_go_on_side_by_side(awaited: AsyncSchedulingService) -> None:
    lines: list[LogLine] = []

    async def program() -> list[Any]:
        record = await awaited.register_flow(flows.async_flow, "awaited")
        failing = awaited.run_and_return(flows.failing_flow)
        return await asyncio.gather(
            awaited.run_and_return(record, {"x": 1}, task_name="add"),
            awaited.run_and_return(flows.sync_flow, {"x": 2}, timeout=300),
            awaited.run_and_return(flows.talking_flow, log=lines.append),
            failing,
            return_exceptions=True,
        )

    *returned, error = asyncio.run(program())
    assert returned == [2, 3, {}]
    assert isinstance(error, FlowFailedError)
    assert "in task 'broken': ValueError: the magnet is off" in str(error)
    assert [line.message for line in lines if line.level == 30] == ["the beam is unstable"]


def test_an_async_flow_awaits_its_children(awaited: AsyncSchedulingService) -> None:
    async def program() -> None:
        run_id = await awaited.run(flows.awaiting_parent, {"n": 2})
        await awaited.wait(run_id, timeout=300)
        assert await awaited.get_result(run_id) == [1, 2]
        children = await awaited.child_runs(run_id)
        assert [child.flow_name for child in children] == ["sync-flow"] * 2

    asyncio.run(program())


def test_who_stops_awaiting_leaves_no_thread_and_no_run(awaited: AsyncSchedulingService) -> None:
    async def program() -> str:
        task = asyncio.ensure_future(
            awaited.run_and_return(flows.endless_flow, run_name="given-up")
        )
        run_id = await running(awaited, "given-up")
        with pytest.raises(RunTimeoutError, match=r"'endless-flow' is Running after 0\.3 s"):
            await awaited.wait(run_id, timeout=0.3)
        with pytest.raises(TimeoutError, match=r"^$"):
            await asyncio.wait_for(awaited.wait(run_id), 0.3)
        assert (await awaited.run_info(run_id)).state_name == "Running"
        task.cancel()
        with pytest.raises(asyncio.CancelledError, match=r"^$"):
            await task
        return (await awaited.wait(run_id, timeout=300)).state_name

    before = set(threading.enumerate())
    assert asyncio.run(program()) == "Cancelled"
    left = [thread for thread in set(threading.enumerate()) - before if "lume-run" in thread.name]
    for thread in left:
        thread.join(10)
    assert [thread for thread in left if thread.is_alive()] == []
