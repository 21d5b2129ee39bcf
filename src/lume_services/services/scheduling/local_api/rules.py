"""What the embedded API answers when a flow run proposes its next state.

The rules are those of Prefect's server for runs without deployment
(``prefect/server/orchestration/core_policy.py`` and ``global_policy.py``), as far
as a flow engine in the same process can meet them. One differs on purpose: a run
that Ctrl-C ends, or whose asyncio task is cancelled, is cancelled, not crashed.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
# What the engine says of Ctrl-C: in a synchronous flow, and in one on an asyncio loop.
INTERRUPTIONS = (
    "Execution was aborted by an interrupt signal.",
    "Execution was cancelled by the runtime environment.",
)

JSON = dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """The answer to a proposed state.

    Parameters
    ----------
    status
        ``ACCEPT``, ``REJECT``, ``ABORT`` or ``WAIT``.
    state
        The state that the run enters; None when it keeps the one it has.
    details
        What the client is told beside the status.
    """

    status: str
    state: JSON | None
    details: JSON = field(default_factory=dict)


def decide(
    run: JSON, proposed: JSON, *, force: bool = False, now: datetime | None = None
) -> Decision:
    """Decide on a proposed state of a flow run.

    Parameters
    ----------
    run
        The flow run's document, with its present state.
    proposed
        The proposed state's document.
    force
        Whether the rules are to be skipped.
    now
        The present time.
    """
    now = now or datetime.now(UTC)
    message = proposed.get("message") or ""
    if proposed["type"] == "CRASHED" and message.startswith(INTERRUPTIONS):
        return _interrupted(run, message, now)
    if not force:
        refusal = _refuse(run, proposed, now)
        if refusal is not None:
            return refusal
    return Decision("ACCEPT", complete(proposed, now), {"type": "accept_details"})


def complete(state: JSON, now: datetime) -> JSON:
    """Return the state with the identifier and time that the API gives it."""
    return {
        **state,
        "id": str(uuid.uuid4()),
        "timestamp": now.isoformat(),
        "name": state.get("name") or state["type"].capitalize(),
        "state_details": state.get("state_details") or {},
    }


def enter(run: JSON, state: JSON) -> JSON:
    """Return the run's document after it has entered a state."""
    before = run.get("state")
    kind, timestamp = state["type"], state["timestamp"]
    run = {
        **run,
        "state": state,
        "state_id": state["id"],
        "state_type": kind,
        "state_name": state["name"],
        "updated": timestamp,
    }
    if before is not None and before["type"] == "RUNNING":
        run["total_run_time"] = run["total_run_time"] + _seconds(before["timestamp"], timestamp)
    if kind == "RUNNING":
        run["run_count"] = run["run_count"] + 1
        run["start_time"] = run["start_time"] or timestamp
    if kind in TERMINAL:
        run["start_time"] = run["start_time"] or timestamp
        run["end_time"] = timestamp
    elif before is not None and before["type"] in TERMINAL:
        run["end_time"] = None
    if kind == "SCHEDULED":
        run["expected_start_time"] = state["state_details"].get("scheduled_time") or timestamp
    return run


def _refuse(run: JSON, proposed: JSON, now: datetime) -> Decision | None:
    initial = run.get("state")
    if initial is None:
        return None
    if _same_transition(initial, proposed):
        return _keep(initial, "This run has already made this state transition.")
    if initial["type"] in TERMINAL:
        return _leave_terminal(initial, proposed)
    if initial["type"] == "CANCELLING" and proposed["type"] != "CANCELLED":
        return _keep(
            initial, "Cannot transition flows that are cancelling to a state other than Cancelled."
        )
    if proposed["type"] == "PENDING":
        return _prevent_pending(initial, proposed)
    if proposed["type"] == "PAUSED":
        return _refuse_pause()
    if proposed["type"] == "RUNNING":
        return _wait_for_scheduled_time(initial, now)
    if proposed["type"] == "FAILED" and initial["type"] == "RUNNING":
        return _retry(run, proposed, now)
    return None


def _same_transition(initial: JSON, proposed: JSON) -> bool:
    made = initial.get("state_details", {}).get("transition_id")
    return made is not None and made == (proposed.get("state_details") or {}).get("transition_id")


def _leave_terminal(initial: JSON, proposed: JSON) -> Decision | None:
    if proposed["type"] in {"CANCELLING", "PAUSED", "CRASHED"}:
        return _abort(f"Run is already in terminal state {initial['type']}.")
    if initial["type"] == "COMPLETED" and _persisted(initial):
        if proposed["type"] not in TERMINAL:
            return _keep(initial, "Run is already COMPLETED.")
        if proposed["type"] == "COMPLETED" and not _persisted(proposed):
            return _keep(initial, "Cannot overwrite a COMPLETED state that has a persisted result.")
    if proposed["type"] == "SCHEDULED":
        return _abort("Cannot reschedule a run without an associated deployment.")
    return None


def _persisted(state: JSON) -> bool:
    data = state.get("data")
    return isinstance(data, dict) and data.get("storage_key") is not None


def _prevent_pending(initial: JSON, proposed: JSON) -> Decision | None:
    if initial["type"] not in {"PENDING", "CANCELLING", "RUNNING", "CANCELLED"}:
        return None
    if initial["type"] == "PENDING" and proposed.get("name") not in {
        initial["name"],
        "Pending",
        None,
    }:
        return None
    return _abort(
        f"This run is in a {initial['type']} state and cannot transition to a PENDING state."
    )


def _refuse_pause() -> Decision:
    return _abort(
        "Pausing a flow from outside needs a Prefect server; the local backend has none. "
        "Run the flow on a server backend, or wait for the input inside the flow."
    )


def _wait_for_scheduled_time(initial: JSON, now: datetime) -> Decision | None:
    scheduled = initial.get("state_details", {}).get("scheduled_time")
    if initial["type"] not in {"SCHEDULED", "PENDING"} or not scheduled:
        return None
    # The protocol's delay is a whole number of seconds, rounded as the server does it.
    delay = (datetime.fromisoformat(scheduled) - now).total_seconds()
    seconds = math.floor(delay) + round(delay - math.floor(delay))
    if seconds <= 0:
        return None
    details = {
        "type": "wait_details",
        "delay_seconds": seconds,
        "reason": "Scheduled time is in the future",
    }
    return Decision("WAIT", None, details)


def _retry(run: JSON, proposed: JSON, now: datetime) -> Decision | None:
    policy = run.get("empirical_policy") or {}
    retries = policy.get("retries")
    if retries is None or run["run_count"] > retries:
        return None
    start = now + timedelta(seconds=policy.get("retry_delay") or 0)
    state = {
        "type": "SCHEDULED",
        "name": "AwaitingRetry",
        "message": proposed.get("message"),
        "data": proposed.get("data"),
        "state_details": {"scheduled_time": start.isoformat()},
    }
    return Decision(
        "REJECT", complete(state, now), {"type": "reject_details", "reason": "Retrying"}
    )


def _interrupted(run: JSON, message: str, now: datetime) -> Decision:
    """Answer Ctrl-C with Cancelling, which makes the engine call the cancellation hooks."""
    initial = run.get("state")
    if initial is not None and initial["type"] in TERMINAL:
        return _abort(f"Run is already in terminal state {initial['type']}.")
    state = {"type": "CANCELLING", "name": "Cancelling", "message": message}
    details = {"type": "reject_details", "reason": "A run that is interrupted is cancelled."}
    return Decision("REJECT", complete(state, now), details)


def _keep(state: JSON, reason: str) -> Decision:
    return Decision("REJECT", state, {"type": "reject_details", "reason": reason})


def _abort(reason: str) -> Decision:
    return Decision("ABORT", None, {"type": "abort_details", "reason": reason})


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
