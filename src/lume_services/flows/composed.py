"""A flow-of-flows as one Prefect flow.

Its parameters are named ``{flow_name}-{param_name}``, which no Python function can
declare. This module therefore goes past `prefect.Flow`'s public surface in two places:
a signature of such names, and the call of the flow engine with them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, Literal

import prefect
from prefect.flow_engine import run_flow
from prefect.utilities.callables import ParameterSchema

from lume_services.flows.orchestrate import orchestrate
from lume_services.flows.plan import Plan
from lume_services.services.scheduling.parameters import check_parameters


class ComposedFlow(prefect.Flow[..., dict[str, str]]):
    """A Prefect flow that runs a plan; it returns the run identifier of each of its flows.

    Parameters
    ----------
    plan
        What it runs.
    """

    def __init__(self, plan: Plan) -> None:
        def composed(**parameters: Any) -> dict[str, str]:
            return orchestrate(plan, parameters, {})

        schema = plan.record.parameters
        composed.__signature__ = _signature(schema["properties"])  # type: ignore[attr-defined]
        composed.__doc__ = f"Run {', '.join(node.name for node in plan.nodes)}."
        super().__init__(composed, name=plan.specification.name, validate_parameters=False)
        self.parameters = ParameterSchema(**schema)
        self._plan = plan

    def __call__(  # type: ignore[override]
        self,
        *,
        return_state: bool = False,
        wait_for: Iterable[Any] | None = None,
        **parameters: Any,
    ) -> Any:
        """Run it with values by ``{flow_name}-{param_name}``.

        Raises
        ------
        ParameterError
            Before anything runs, naming all that are unknown, missing or not
            JSON-serialisable.
        """
        check_parameters(self._plan.record, parameters)
        wanted: Literal["state", "result"] = "state" if return_state else "result"
        return run_flow(self, parameters=parameters, wait_for=wait_for, return_type=wanted)


class _AnyName(inspect.Parameter):
    """A keyword parameter whose name need not be an identifier."""

    def __init__(self, name: str, kind: Any = inspect.Parameter.KEYWORD_ONLY, **rest: Any) -> None:
        super().__init__("name", kind, **rest)
        self._name = name


def _signature(names: Iterable[str]) -> inspect.Signature:
    return inspect.Signature([_AnyName(name) for name in names])
