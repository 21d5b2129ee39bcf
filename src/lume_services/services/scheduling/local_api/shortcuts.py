"""Spares Prefect's engine work of which nothing comes.

It touches two internals of Prefect, only for runs that report to an embedded API:

- A task computes the key of a cached result from its source, its inputs and its run, and looks
  for a result that is kept under it, also where no results are kept, as is the default. A
  hash of all inputs is a third of a small task, and seconds where they are large arrays.
- A flow's parameters are validated by a pydantic model of its function, which is made anew when
  the flow is made and at each run. Ours is made once for a function.
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
