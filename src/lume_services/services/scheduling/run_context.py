"""The flow run that the calling code is part of, if any."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lume_services.services.scheduling import jsonable
from lume_services.services.scheduling.registry import DEFAULT_PROJECT, FlowRecord

if TYPE_CHECKING:
    from prefect import Flow

PROJECT_LABEL = "lume.project"
PACKAGE_LABEL = "lume.package"
VERSION_LABEL = "lume.version"
ENTRYPOINT_LABEL = "lume.entrypoint"
IMAGE_LABEL = "lume.image"
RESUMES_LABEL = "lume.resumes"


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
    started
        When the run started, for the last time if it was retried.
    flow
        The flow.
    labels
        The labels that the run had when it started.
    in_processes
        Whether tasks of the run may be in processes other than its own.
    given, resolved
        The parameters that the run was given as JSON, and those that the flow's function got.
    """

    flow_run_id: str
    flow_name: str
    project_name: str
    task_run_id: str | None = None
    package: str | None = None
    version: str | None = None
    started: datetime | None = None
    flow: Flow[..., Any] | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    in_processes: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters with defaults, as JSON; those that have no JSON form are left out."""
        whole = {k: v for k, v in self.resolved.items() if jsonable.find_problem(v) is None}
        # Prefect gives the type's name in place of what has no JSON form.
        names = {k: f"<{type(v).__name__}>" for k, v in self.resolved.items() if k not in whole}
        return {**whole, **{k: v for k, v in self.given.items() if v != names.get(k)}}


_for_runs: ContextVar[tuple[str | None, Mapping[str, str]]] = ContextVar(
    "_for_runs", default=(None, MappingProxyType({}))
)


@contextmanager
def labelling_runs(labels: Mapping[str, str]) -> Iterator[None]:
    """Give labels to the runs that are made inside the block, by the current run if there is one.

    Their own children do not get them.
    """
    run = current_run()
    token = _for_runs.set((run.flow_run_id if run else None, labels))
    try:
        yield
    finally:
        _for_runs.reset(token)


def run_labels(record: FlowRecord) -> dict[str, str]:
    """Return the labels that a run of a flow is to have which is made here and now."""
    (maker, given), run = _for_runs.get(), current_run()
    labels = {
        PROJECT_LABEL: record.project_name,
        PACKAGE_LABEL: record.package,
        VERSION_LABEL: record.version,
        ENTRYPOINT_LABEL: record.entrypoint,
        IMAGE_LABEL: record.image,
    }
    # A child's own children are made in the context of the block too.
    ours = given if maker == (run.flow_run_id if run else None) else {}
    return {**ours, **{name: text for name, text in labels.items() if text}}


_of_process = {"project": DEFAULT_PROJECT}


def in_project(name: str) -> None:
    """Let this process's runs, which then are those of one flow, belong to a project.

    The labels of a child say it only if our own API or backends have made the child.
    """
    _of_process["project"] = name


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
        project_name=str(labels.get(PROJECT_LABEL, _of_process["project"])),
        task_run_id=str(task_context.task_run.id) if task_context else None,
        package=_text(labels.get(PACKAGE_LABEL)),
        version=_text(labels.get(VERSION_LABEL)),
        started=run.start_time and _plain(run.start_time),
        flow=flow_context.flow,
        labels=labels,
        in_processes=flow_context.detached or not _in_threads(flow_context.task_runner),
        given=run.parameters,
        resolved=flow_context.parameters or {},
    )


def _plain(moment: datetime) -> datetime:
    """Return a time of a kind of Prefect's own as one of the standard library."""
    return datetime.fromtimestamp(moment.timestamp(), UTC)


def _in_threads(task_runner: object) -> bool:
    from prefect.task_runners import ThreadPoolTaskRunner

    return isinstance(task_runner, ThreadPoolTaskRunner)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
