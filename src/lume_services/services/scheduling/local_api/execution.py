"""Makes a flow run in the history and lets Prefect's engine execute it."""

from __future__ import annotations

import asyncio
import contextvars
import json
import traceback
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, cast

from lume_services.services.scheduling.backends.backend import RunConfig
from lume_services.services.scheduling.local_api import flow_runs, observer, rules, task_runs
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.registry import FlowRecord
from lume_services.services.scheduling.run_context import current_run, run_labels

if TYPE_CHECKING:
    import sqlite3

    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun

JSON = dict[str, Any]


def create(
    history: History,
    record: FlowRecord,
    flow: Flow[..., Any],
    parameters: Mapping[str, Any],
    config: RunConfig | None,
) -> JSON:
    """Make the run, as a child of the run that the caller is part of, if any."""
    from prefect.context import TagsContext

    options = config.build() if config else {}

    def create(db: sqlite3.Connection) -> JSON:
        return flow_runs.create(
            db,
            {
                "flow_id": flow_runs.flow_id(db, flow.name)["id"],
                "flow_version": flow.version,
                "name": options.get("run_name"),
                "parameters": dict(parameters),
                "tags": sorted({*TagsContext.get().current_tags, *options.get("tags", ())}),
                "labels": run_labels(record),
                "empirical_policy": {
                    "retries": flow.retries,
                    "retry_delay": flow.retry_delay_seconds,
                },
                "parent_task_run_id": _stand_in(db, flow.name),
                "state": {"type": "PENDING"},
            },
        )

    return history.transaction(create)


def execute(history: History, run: JSON, flow: Flow[..., Any], parameters: JSON) -> None:
    """Let the engine run the flow; keep what it returned or raised."""
    from prefect.client.schemas.objects import FlowRun

    flow_run = FlowRun.model_validate(run)
    try:
        value, exception = _outcome(flow, flow_run, parameters)
        if _end_cancelling(history, run["id"]):
            return
    except Exception as error:  # noqa: BLE001  (whatever the flow or the engine raises is kept)
        _keep_failure(history, run["id"], error)
        return
    except BaseException as error:
        _keep_failure(history, run["id"], error, state="CRASHED")
        raise
    if exception is not None:
        _keep_failure(history, run["id"], exception)
        return
    result, problem = observer.as_json(value)
    replace = "INSERT OR REPLACE INTO flow_results VALUES (?, ?, ?)"
    history.transaction(lambda db: db.execute(replace, (run["id"], result, problem)))


def _outcome(
    flow: Flow[..., Any], run: FlowRun, parameters: JSON
) -> tuple[Any, BaseException | None]:
    """Run the flow; return its value and the exception that it failed with."""
    from prefect.flow_engine import run_flow

    def start(return_type: Literal["state", "result"]) -> Any:
        return run_flow(flow, flow_run=run, parameters=parameters, return_type=return_type)

    if flow.isgenerator:
        return (_to_end(_collect(start("result"))) if flow.isasync else list(start("result"))), None
    state = _to_end(start("state")) if flow.isasync else start("state")
    if state.is_completed():
        return without_states(observer.value_of(state)), None
    return None, cause(state)


def without_states(value: Any) -> Any:
    """Return what a flow returned, with their results in place of the states in it."""
    from prefect.client.schemas.objects import State

    if isinstance(value, State):
        return without_states(observer.value_of(value))
    if type(value) in {list, tuple}:
        return type(value)(map(without_states, value))
    if type(value) is dict:
        return {key: without_states(each) for key, each in value.items()}
    return value


def cause(state: Any) -> BaseException:
    """Return the exception in a state, or in the states that a flow returned."""
    from prefect.states import get_state_exception

    try:
        # Its type information does not know that it can be told not to look for a loop.
        cause: BaseException = cast(Any, get_state_exception)(state, _sync=True)
    except (ValueError, TypeError):  # no state in it has failed, or none of them is final
        return RuntimeError(state.message or state.name)
    return cause


def cancelling(history: History, run_id: str) -> None:
    """Write that a run is about to be cancelled."""
    state = {"type": "CANCELLING", "name": "Cancelling"}
    history.transaction(lambda db: flow_runs.set_state(db, run_id, state, force=False))


async def _collect(items: Any) -> list[Any]:
    return [item async for item in items]


def _to_end(coroutine: Any) -> Any:
    """Run a coroutine to its end, in a thread of its own where this one has a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    context = contextvars.copy_context()
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(context.run, asyncio.run, coroutine).result()


def _keep_failure(
    history: History, run_id: str, error: BaseException, state: str = "FAILED"
) -> None:
    text = "".join(traceback.format_exception(error))
    cause = {"type": type(error).__name__, "message": str(error), "traceback": text}

    def keep(db: sqlite3.Connection) -> None:
        run = flow_runs.read(db, run_id)
        if run is not None and run["state_type"] not in rules.TERMINAL:
            # The engine gives up without a final state when the API aborts a transition.
            message = f"{type(error).__name__}: {error}"
            flow_runs.fail(db, run, {"type": state, "name": state.capitalize(), "message": message})
        db.execute("UPDATE flow_runs SET error = ? WHERE id = ?", (json.dumps(cause), run_id))

    history.transaction(keep)


def _end_cancelling(history: History, run_id: str) -> bool:
    """Cancel a run that came to its end while it was to be cancelled; return whether."""

    def end(db: sqlite3.Connection) -> bool:
        run = flow_runs.read(db, run_id)
        if run is None or run["state_type"] != "CANCELLING":
            return False
        flow_runs.fail(db, run, {"type": "CANCELLED", "name": "Cancelled"})
        return True

    return history.transaction(end)


def _stand_in(db: sqlite3.Connection, flow_name: str) -> str | None:
    """Make the task run that stands for a child flow in its parent; None at the top."""
    parent = current_run()
    if parent is None or flow_runs.labels(db, parent.flow_run_id) is None:
        return None
    key = str(uuid.uuid4())
    body = {
        "flow_run_id": parent.flow_run_id,
        "task_key": flow_name,
        "dynamic_key": key,
        "name": f"{flow_name}-{key[:3]}",
    }
    identifier: str = task_runs.create(db, body)[0]["id"]
    return identifier
