"""Spares Prefect's engine work of which nothing comes.

It touches three internals of Prefect, only for runs that report to an embedded API, and the last
one also in the processes of workers:

- A task computes the key of a cached result from its source, its inputs and its run, and looks
  for a result that is kept under it, also where no results are kept, as is the default. A
  hash of all inputs is a third of a small task, and seconds where they are large arrays.
- A flow's parameters are validated by a pydantic model of its function, which is made anew when
  the flow is made and at each run. Ours is made once for a function.
- The exception that a flow fails with is pickled into a file also where no results are kept,
  and nobody ever reads it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

_KEPT = 1000


def install(in_use: Callable[[], bool]) -> None:
    """Take the shortcuts from now on.

    Parameters
    ----------
    in_use
        Whether the caller reports to an embedded API.
    """
    import prefect.flows
    import prefect.task_engine

    _skip_useless_keys(prefect.task_engine.BaseTaskRunEngine, in_use)
    flows: Any = prefect.flows
    flows.ValidatedFunction = _made_once(flows.ValidatedFunction, in_use)
    keep_no_exceptions(in_use)


def keep_no_exceptions(in_use: Callable[[], bool]) -> None:
    """Write the exceptions that flows fail with only where results are kept.

    Parameters
    ----------
    in_use
        Whether that holds for the caller.
    """
    import prefect.flow_engine
    from prefect.results import should_persist_result

    engine: Any = prefect.flow_engine
    failed = engine.exception_to_failed_state

    def failed_state(*given: Any, write_result: bool = False, **rest: Any) -> Any:
        kept = write_result and (should_persist_result() or not in_use())
        return failed(*given, write_result=kept, **rest)

    engine.exception_to_failed_state = failed_state


def _skip_useless_keys(engine: Any, in_use: Callable[[], bool]) -> None:
    from prefect.cache_policies import DEFAULT
    from prefect.results import should_persist_result

    compute = engine.compute_transaction_key

    def compute_if_kept(self: Any) -> str | None:
        if self.task.cache_policy == DEFAULT and not should_persist_result() and in_use():
            return None
        key: str | None = compute(self)
        return key

    engine.compute_transaction_key = compute_if_kept


def _made_once(make: Callable[..., Any], in_use: Callable[[], bool]) -> Callable[..., Any]:
    @functools.lru_cache(maxsize=_KEPT)
    def kept(function: FunctionType) -> Any:
        return make(function, config={"arbitrary_types_allowed": True})

    def validated(function: Any, config: Any = None) -> Any:
        if isinstance(function, FunctionType) and in_use():
            return kept(function)
        return make(function, config)

    return validated
