"""The embedded API's answers to proposed states, without an engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.services.scheduling.local_api import rules

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = [
    "SCHEDULED",
    "PENDING",
    "RUNNING",
    "PAUSED",
    "CANCELLING",
    "COMPLETED",
    "FAILED",
    "CANCELLED",
    "CRASHED",
]


def run_in(kind: str | None, *, retries: int | None = None, count: int = 1, **state: Any) -> Any:
    run = {
        "run_count": count,
        "total_run_time": 0.0,
        "start_time": None,
        "end_time": None,
        "empirical_policy": {"retries": retries, "retry_delay": 3},
        "state": None,
    }
    if kind is not None:
        run["state"] = rules.complete({"type": kind, **state}, NOW)
    return run


@pytest.mark.parametrize(
    ("initial", "proposed", "status"),
    [
        (None, "PENDING", "ACCEPT"),
        ("PENDING", "RUNNING", "ACCEPT"),
        ("RUNNING", "COMPLETED", "ACCEPT"),
        ("RUNNING", "FAILED", "ACCEPT"),
        ("RUNNING", "CRASHED", "ACCEPT"),
        ("RUNNING", "PENDING", "ABORT"),
        ("PENDING", "PENDING", "ABORT"),
        ("CANCELLED", "PENDING", "ACCEPT"),
        ("RUNNING", "PAUSED", "ABORT"),
        ("COMPLETED", "CRASHED", "ABORT"),
        ("FAILED", "CANCELLING", "ABORT"),
        ("FAILED", "SCHEDULED", "ABORT"),
        ("FAILED", "RUNNING", "ACCEPT"),
        ("CANCELLING", "COMPLETED", "REJECT"),
        ("CANCELLING", "CANCELLED", "ACCEPT"),
    ],
)
def test_what_is_accepted(initial: str | None, proposed: str, status: str) -> None:
    assert rules.decide(run_in(initial), {"type": proposed}, now=NOW).status == status


def test_force_skips_the_rules() -> None:
    decision = rules.decide(run_in("COMPLETED"), {"type": "CRASHED"}, force=True, now=NOW)
    assert (decision.status, decision.state["type"]) == ("ACCEPT", "CRASHED")


def test_a_flow_is_retried_while_its_count_allows() -> None:
    proposed = {"type": "FAILED", "message": "no beam"}
    decision = rules.decide(run_in("RUNNING", retries=2, count=2), proposed, now=NOW)
    assert (decision.status, decision.details["reason"]) == ("REJECT", "Retrying")
    assert decision.state["name"] == "AwaitingRetry"
    assert decision.state["message"] == "no beam"
    scheduled = decision.state["state_details"]["scheduled_time"]
    assert datetime.fromisoformat(scheduled) == NOW + timedelta(seconds=3)
    assert rules.decide(run_in("RUNNING", retries=2, count=3), proposed, now=NOW).status == "ACCEPT"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(2.2, 2), (2.6, 3), (0.4, None), (-1, None), (1.5, 1), (0.6, 1)]
)
def test_running_waits_for_the_scheduled_time(seconds: float, expected: int | None) -> None:
    details = {"scheduled_time": (NOW + timedelta(seconds=seconds)).isoformat()}
    run = run_in("SCHEDULED", state_details=details)
    decision = rules.decide(run, {"type": "RUNNING"}, now=NOW)
    assert decision.details.get("delay_seconds") == expected
    assert decision.status == ("ACCEPT" if expected is None else "WAIT")


@pytest.mark.parametrize("message", rules.INTERRUPTIONS)
def test_an_interrupted_run_is_cancelled_not_crashed(message: str) -> None:
    proposed = {"type": "CRASHED", "message": message}
    decision = rules.decide(run_in("RUNNING"), proposed, force=True, now=NOW)
    assert (decision.status, decision.state["type"]) == ("REJECT", "CANCELLING")


def test_the_same_transition_is_made_once() -> None:
    state = {"type": "RUNNING", "state_details": {"transition_id": "a"}}
    run = rules.enter(run_in(None), rules.complete(state, NOW))
    decision = rules.decide(run, state, now=NOW)
    assert (decision.status, decision.state) == ("REJECT", run["state"])


def test_a_persisted_result_is_kept() -> None:
    run = run_in("COMPLETED", data={"storage_key": "k"})
    assert rules.decide(run, {"type": "RUNNING"}, now=NOW).status == "REJECT"
    assert rules.decide(run, {"type": "COMPLETED"}, now=NOW).status == "REJECT"
    other = {"type": "COMPLETED", "data": {"storage_key": "l"}}
    assert rules.decide(run, other, now=NOW).status == "ACCEPT"


def test_a_run_counts_its_starts_and_its_running_time() -> None:
    run = run_in(None, count=0)
    for kind, second in [("PENDING", 0), ("RUNNING", 1), ("SCHEDULED", 3), ("RUNNING", 5)]:
        run = rules.enter(run, rules.complete({"type": kind}, NOW + timedelta(seconds=second)))
    run = rules.enter(run, rules.complete({"type": "COMPLETED"}, NOW + timedelta(seconds=6)))
    assert (run["run_count"], run["total_run_time"]) == (2, 3.0)
    assert run["start_time"] == (NOW + timedelta(seconds=1)).isoformat()
    assert run["end_time"] == (NOW + timedelta(seconds=6)).isoformat()


@given(st.sampled_from([None, *TYPES]), st.sampled_from(TYPES), st.booleans())
def test_every_answer_is_well_formed(initial: str | None, proposed: str, force: bool) -> None:
    decision = rules.decide(run_in(initial), {"type": proposed}, force=force, now=NOW)
    assert decision.status in {"ACCEPT", "REJECT", "ABORT", "WAIT"}
    assert (decision.state is None) == (decision.status in {"ABORT", "WAIT"})
    assert decision.details["type"] == f"{decision.status.lower()}_details"
