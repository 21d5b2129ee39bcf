"""What a picture of a flow-of-flows shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mapping:
    """A parameter that comes from another flow.

    Parameters
    ----------
    parameter
        Its name.
    flow, task
        The flow and the task whose result it takes; no task where it is what the flow
        returns.
    map_type
        ``raw``, ``file`` or ``db``.
    index
        What it takes of the result, in words.
    """

    parameter: str
    flow: str
    task: str | None
    map_type: str
    index: str = ""


@dataclass(frozen=True)
class Free:
    """A parameter that no mapping gives; ``default`` is None where it is required."""

    name: str
    default: str | None


@dataclass(frozen=True)
class FlowShape:
    """A flow with its parameters and the names of its tasks.

    Parameters
    ----------
    name, project_name
        As they are listed.
    mappings, free
        Its parameters.
    tasks
        Names of its tasks.
    run_name
        What it is called in the history, where that differs: an entry point may have
        another name than the flow that it offers.
    missing
        What is to be said where it is not there; empty where it is.
    """

    name: str
    project_name: str
    mappings: tuple[Mapping, ...] = ()
    free: tuple[Free, ...] = ()
    tasks: tuple[str, ...] = ()
    run_name: str | None = None
    missing: str = ""


@dataclass(frozen=True)
class Shape:
    """A flow-of-flows, or what is drawn as one.

    Parameters
    ----------
    name, project_name
        Its heading; no project where there are several.
    flows
        Its flows, parents before children.
    what
        What the whole is called.
    below
        What stands below its name, in place of the project and the number of flows.
    """

    name: str
    project_name: str
    flows: tuple[FlowShape, ...]
    what: str = "flow-of-flows"
    below: str = ""
