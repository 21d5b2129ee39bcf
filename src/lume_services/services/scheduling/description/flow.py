"""What a Prefect flow takes, calls and returns, found without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lume_services.services.scheduling.description.annotations import return_schema
from lume_services.services.scheduling.registry import TaskRecord

if TYPE_CHECKING:
    import prefect


@dataclass(frozen=True)
class Description:
    """What is known of a flow from its code.

    Parameters
    ----------
    name, description
        The flow's name and docstring.
    parameters
        JSON schema of the parameters.
    tasks
        The tasks that it can call, in the order of their first appearance.
    returns
        JSON schema of the annotated return value; None when unknown.
    """

    name: str
    description: str | None
    parameters: dict[str, Any]
    tasks: tuple[TaskRecord, ...]
    returns: dict[str, Any] | None


def describe(flow: prefect.Flow[Any, Any]) -> Description:
    """Describe a flow without running it.

    The tasks are those that the flow's code, and the functions of its own package
    that it calls, name: globals, closures, attributes of modules and classes,
    ``with_options``, decorated nested functions, tasks constructed in the body. Tasks
    that the code picks while it runs, and tasks of subflows, are not among them.

    Parameters
    ----------
    flow
        Any Prefect flow, sync or async.
    """
    from lume_services.services.scheduling.description.task_search import find_tasks

    return Description(
        name=flow.name,
        description=flow.description,
        parameters={"required": [], **flow.parameters.model_dump_for_openapi()},
        tasks=find_tasks(flow.fn),
        returns=return_schema(flow.fn),
    )
