"""Executes one run in this process, in place of ``python -m prefect.engine``.

It imports the flow by the entrypoint that was registered, lets Prefect's engine run it,
and keeps on the server what the flow and its tasks return.
"""

from __future__ import annotations

import asyncio
import os
import traceback
import uuid
from typing import TYPE_CHECKING, Any

from lume_services.errors import LumeServicesError, SchedulingError
from lume_services.services.scheduling import run_context
from lume_services.services.scheduling.code import loading
from lume_services.services.scheduling.prefect_server import deployments, results
from lume_services.services.scheduling.prefect_server.connection import (
    PATIENCE_SECONDS_OF_FLOWS,
    PrefectServer,
)
from lume_services.services.scheduling.prefect_server.jobs.cancellation import (
    learn_of_cancellation,
)
from lume_services.services.scheduling.prefect_server.keeping import Keeper
from lume_services.services.scheduling.prefect_server.suspension import look_for_suspension
from lume_services.settings import LUMEServicesSettings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun

_MAY_BEGIN = frozenset({"PENDING", "CANCELLING"})


def execute_run() -> None:
    """Run the flow whose run the worker names in the environment."""
    # The supervisor's side of a cancellation; there is no public name for it.
    from prefect._internal.control_listener import configure_from_env
    from prefect.engine import handle_engine_signals
    from prefect.flow_engine import load_flow_run

    run_id = uuid.UUID(os.environ["PREFECT__FLOW_RUN_ID"])
    configure_from_env()
    server = PrefectServer(LUMEServicesSettings().prefect, PATIENCE_SECONDS_OF_FLOWS)
    learn_of_cancellation(server, str(run_id))
    look_for_suspension(server)
    with handle_engine_signals(run_id):
        run = load_flow_run(run_id)
        # It may have been taken for lost, and resumed elsewhere, before it could begin.
        expected = run.state is not None and run.state.type.value in _MAY_BEGIN
        flow = _load(server, run) if expected else None
        if flow is not None:
            keeper = Keeper(server)
            with keeper.watching():
                _execute(flow, run, keeper)


def _load(server: PrefectServer, run: FlowRun) -> Flow[..., Any] | None:
    """Import the run's flow; where that fails, so does the run."""
    deployment = server.get(f"/deployments/{run.deployment_id}")
    record = None if deployment is None else deployments.record_in(deployment)
    if record is None:
        _fail(server, run, SchedulingError("the flow is not registered any more."))
        return None
    run_context.in_project(record.project_name)
    # A run that was started by a schedule or in the UI does not have them yet.
    run.labels = {**run_context.run_labels(record), **run.labels}
    try:
        return loading.load(record, LUMEServicesSettings().home)
    except LumeServicesError as error:
        _fail(server, run, error)
        return None


def _fail(server: PrefectServer, run: FlowRun, error: Exception) -> None:
    trace = "".join(traceback.format_exception(error))
    results.keep_error(server, str(run.id), error, trace, task_name=None)
    message = f"{type(error).__name__}: {error}"
    state = {"type": "FAILED", "name": "Failed", "message": message}
    server.post(f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})


def _execute(flow: Flow[..., Any], run: FlowRun, keeper: Keeper) -> None:
    from prefect.flow_engine import run_flow
    from prefect.logging.loggers import flow_run_logger
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # Its thread would cost a second at every flow's end.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        log: Any = flow_run_logger(run)
        outcome: Any = run_flow(flow, flow_run=run, error_logger=log)
        collected = keeper.items_of(str(run.id)) if flow.isgenerator else []
        if flow.isasync:
            # On the main thread, where the signal of a cancellation arrives.
            asyncio.run(_collect(outcome, collected) if flow.isgenerator else outcome)
        elif flow.isgenerator:
            collected.extend(outcome)


async def _collect(items: Any, collected: list[Any]) -> None:
    async for item in items:
        collected.append(item)  # noqa: PERF401  # one by one: with the last, the run is over
