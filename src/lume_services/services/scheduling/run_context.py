"""The flow run that the calling code is part of, if any."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from lume_services.services.scheduling.registry import DEFAULT_PROJECT

PROJECT_LABEL = "lume.project"
PACKAGE_LABEL = "lume.package"
VERSION_LABEL = "lume.version"


@dataclass(frozen=True)
class RunContext:
    """Identity of the current flow run.

    Parameters
    ----------
    flow_run_id, flow_name, project_name
        The run, its flow and the flow's project.
    task_run_id
        The current task run; None outside a task.
    package, version
        The distribution that holds the flow, and its version, where known.
    """

    flow_run_id: str
    flow_name: str
    project_name: str
    task_run_id: str | None = None
    package: str | None = None
    version: str | None = None


def current_run() -> RunContext | None:
    """Return the flow run that the caller is part of, or None outside a run.

    Prefect hands its run context on to task threads and worker processes, so the
    answer is the same wherever in the run it is asked.
    """
    if "prefect.context" not in sys.modules:
        return None
    from prefect.context import FlowRunContext, TaskRunContext

    flow_context = FlowRunContext.get()
    if flow_context is None or flow_context.flow_run is None or flow_context.flow is None:
        return None
    task_context = TaskRunContext.get()
    run, labels = flow_context.flow_run, flow_context.flow_run.labels
    return RunContext(
        flow_run_id=str(run.id),
        flow_name=flow_context.flow.name,
        project_name=str(labels.get(PROJECT_LABEL, DEFAULT_PROJECT)),
        task_run_id=str(task_context.task_run.id) if task_context else None,
        package=_text(labels.get(PACKAGE_LABEL)),
        version=_text(labels.get(VERSION_LABEL)),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
