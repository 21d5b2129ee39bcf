"""What a Prefect flow takes, calls and returns, found without running it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lume_services.services.scheduling.description.annotations import return_schema
from lume_services.services.scheduling.registry import TaskRecord

if TYPE_CHECKING:
    import prefect

_VARIADIC = {
    inspect.Parameter.VAR_POSITIONAL: {"type": "array", "default": []},
    inspect.Parameter.VAR_KEYWORD: {"type": "object", "default": {}},
}


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
        parameters=_parameters(flow),
        tasks=find_tasks(flow.fn),
        returns=return_schema(flow.fn),
    )


def _parameters(flow: prefect.Flow[Any, Any]) -> dict[str, Any]:
    """Return Prefect's schema, which takes ``*args`` and ``**options`` for required values."""
    schema: dict[str, Any] = {"required": [], **flow.parameters.model_dump_for_openapi()}
    signature = inspect.signature(flow.fn).parameters.values()
    variadic = {each.name: _VARIADIC[each.kind] for each in signature if each.kind in _VARIADIC}
    for name in variadic.keys() & schema["properties"].keys():
        schema["properties"][name] |= variadic[name]
    schema["required"] = [name for name in schema["required"] if name not in variadic]
    return schema
