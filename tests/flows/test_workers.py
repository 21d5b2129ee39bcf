"""Running a plan's flows in threads, with plain functions in place of flows."""

from __future__ import annotations

import contextvars
import threading
import time

import pytest

from lume_services.flows.progress import Progress
from lume_services.flows.workers import run_all


def nothing() -> None:
    pass


def test_independent_flows_run_at_the_same_time_up_to_the_limit():
    both = threading.Barrier(2)
    running: list[int] = []
    count, most = 0, threading.Lock()

    def run(name: str) -> None:
        nonlocal count
        with most:
            count += 1
            running.append(count)
        both.wait(300)
        time.sleep(0.01)
        with most:
            count -= 1

    assert run_all(Progress({name: [] for name in "abcd"}), run, 2, nothing) == {}
    assert len(running) == 4
    assert max(running) == 2


def test_a_flow_starts_as_soon_as_its_own_parents_are_done():
    order: list[str] = []
    child_ended = threading.Event()

    def run(name: str) -> None:
        if name == "slow":
            assert child_ended.wait(300)
        order.append(name)
        if name == "child":
            child_ended.set()

    run_all(Progress({"slow": [], "quick": [], "child": ["quick"]}), run, 4, nothing)
    assert order == ["quick", "child", "slow"]


def test_a_failure_is_returned_and_siblings_finish():
    ended: list[str] = []
    failure = ValueError("no beam")

    def run(name: str) -> None:
        if name == "bad":
            raise failure
        time.sleep(0.02)
        ended.append(name)

    progress = Progress({"bad": [], "good": [], "below": ["bad"], "after": ["good"]})
    assert run_all(progress, run, 4, nothing) == {"bad": failure}
    assert ended == ["good", "after"]
    assert progress.not_run == {"below": "bad"}


def test_a_chain_runs_in_the_calling_thread():
    threads: list[threading.Thread] = []
    run_all(
        Progress({"a": [], "b": ["a"]}),
        lambda name: threads.append(threading.current_thread()),
        4,
        nothing,
    )
    assert threads == [threading.current_thread()] * 2


def test_the_context_is_copied_to_threads():
    variable = contextvars.ContextVar("variable", default="none")
    variable.set("outer")
    seen: list[str] = []

    def run(name: str) -> None:
        seen.append(variable.get())
        variable.set("inner")

    run_all(Progress({"a": [], "b": []}), run, 2, nothing)
    assert seen == ["outer", "outer"]
    assert variable.get() == "outer"


def test_an_interrupt_stops_what_is_running_and_starts_nothing_more():
    started: list[str] = []

    def run(name: str) -> None:
        started.append(name)
        raise KeyboardInterrupt

    stopped: list[bool] = []
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        run_all(Progress({"a": [], "b": ["a"]}), run, 2, lambda: stopped.append(True))
    assert started == ["a"]
    assert stopped == [True]


def test_a_flow_that_is_interrupted_in_its_thread_has_failed_alone():
    def run(name: str) -> None:
        if name == "a":
            raise KeyboardInterrupt

    failures = run_all(Progress({"a": [], "b": []}), run, 2, nothing)
    assert [type(error) for error in failures.values()] == [KeyboardInterrupt]
