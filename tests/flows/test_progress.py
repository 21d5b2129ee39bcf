"""Which flow may start when, and what a failure stops."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lume_services.flows.progress import Progress

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []}


def test_flows_without_parents_are_ready_at_once():
    assert Progress(DIAMOND).take(9) == ["a", "e"]


def test_no_more_are_taken_than_asked_for():
    progress = Progress(DIAMOND)
    assert [progress.take(1), progress.take(1), progress.take(1)] == [["a"], ["e"], []]


def test_a_flow_is_ready_when_its_last_parent_is_complete():
    progress = Progress(DIAMOND)
    progress.take(9)
    progress.complete("a")
    assert progress.take(9) == ["b", "c"]
    progress.complete("c")
    assert progress.take(9) == []
    progress.complete("b")
    assert progress.take(9) == ["d"]


def test_a_failure_stops_descendants_only():
    progress = Progress({**DIAMOND, "f": ["d"], "g": ["c"]})
    progress.take(9)
    progress.complete("a")
    progress.take(9)
    progress.fail("b")
    progress.complete("c")
    assert progress.take(9) == ["g"]
    assert progress.not_run == {"d": "b", "f": "b"}


def test_the_first_of_two_failures_is_named():
    progress = Progress(DIAMOND)
    progress.take(9)
    progress.complete("a")
    progress.take(9)
    progress.fail("c")
    progress.fail("b")
    assert progress.not_run == {"d": "c"}
    assert progress.take(9) == []


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    count = draw(st.integers(1, 12))
    return {
        str(i): [str(p) for p in draw(st.sets(st.integers(0, i - 1)))] if i else []
        for i in range(count)
    }


@given(graphs(), st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_flow_is_taken_once_or_stopped(graph, limit, random):
    progress = Progress(graph)
    running: list[str] = []
    complete: set[str] = set()
    failed: set[str] = set()
    while True:
        taken = progress.take(limit - len(running))
        assert all(complete.issuperset(graph[name]) for name in taken)
        running += taken
        if not running:
            break
        ended = running.pop(random.randrange(len(running)))
        if random.random() < 0.2:
            failed.add(ended)
            progress.fail(ended)
        else:
            complete.add(ended)
            progress.complete(ended)
    assert len(complete) + len(failed) + len(progress.not_run) == len(graph)
    assert {*complete, *failed, *progress.not_run} == {*graph}
    lost = failed | set(progress.not_run)
    assert all(lost & {*graph[name]} for name in progress.not_run)
    assert not any(lost & {*graph[name]} for name in complete | failed)
