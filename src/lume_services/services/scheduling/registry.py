"""What is known of a registered flow, without importing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lume_services.services.scheduling.code.storage import FolderStorage, GitStorage

DEFAULT_PROJECT = "default"


@dataclass(frozen=True)
class TaskRecord:
    """A task of a flow: its name and, where annotated, the JSON schema of what it returns."""

    name: str
    returns: dict[str, Any] | None = None


@dataclass(frozen=True)
class FlowRecord:
    """A registered flow.

    Parameters
    ----------
    name, project_name
        The flow's name and the project that it is registered with.
    entrypoint
        ``package.module:attribute`` or ``/folder/file.py:attribute``.
    image
        Container image that runs it, where a backend uses one.
    labels
        What a worker must serve to take its runs.
    parameters
        JSON schema of the flow's parameters.
    tasks
        The tasks that the flow calls.
    returns
        JSON schema of the annotated return value; None when unknown.
    package, version
        The distribution that holds the flow's module, and its version.
    storage
        Where the code is taken from; None where it is in the environment of the worker.
    """

    name: str
    project_name: str
    entrypoint: str
    image: str | None = None
    labels: tuple[str, ...] = ()
    description: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    tasks: tuple[TaskRecord, ...] = ()
    returns: dict[str, Any] | None = None
    package: str | None = None
    version: str | None = None
    storage: FolderStorage | GitStorage | None = None
