"""What a Prefect flow takes, calls and returns, found without running it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    from lume_services.services.scheduling.task_search import find_tasks

    return Description(
        name=flow.name,
        description=flow.description,
        parameters={"required": [], **flow.parameters.model_dump_for_openapi()},
        tasks=find_tasks(flow.fn),
        returns=return_schema(flow.fn),
    )


def return_schema(function: Callable[..., Any]) -> dict[str, Any] | None:
    """Return the JSON schema of a function's annotated return value; None when unknown."""
    try:
        hints = typing.get_type_hints(inspect.unwrap(function), include_extras=True)
    except Exception:  # noqa: BLE001 - an annotation is an expression of the author's
        return None
    return _annotation_schema(hints["return"]) if "return" in hints else None


def _annotation_schema(annotation: Any) -> dict[str, Any] | None:
    from pydantic import TypeAdapter

    try:
        schema = TypeAdapter(annotation).json_schema(mode="serialization")
    except Exception:  # noqa: BLE001 - types bring their own schema code
        return None
    return schema or None
