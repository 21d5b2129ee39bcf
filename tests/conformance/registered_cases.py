"""All cases, and their flows as attributes of one module, by which workers import them."""

from __future__ import annotations

import re
from importlib.util import find_spec

import flows_caching
import flows_calling
import flows_failing
import flows_named
import flows_on_server
import flows_retrying
from cases import Case

CASES: list[Case] = [
    *flows_calling.CASES,
    *flows_failing.CASES,
    *flows_retrying.CASES,
    *flows_caching.CASES,
    *flows_named.CASES,
    *flows_on_server.CASES,
]
DASK_CASES: list[Case] = []
if find_spec("prefect_dask") is not None:
    from flows_dask import CASES as DASK_CASES

CASES += DASK_CASES


def entrypoint(case: Case) -> str:
    """Return where the flow of a case is found."""
    return f"{__name__}:{_attribute(case)}"


def _attribute(case: Case) -> str:
    return "flow_" + re.sub(r"\W", "_", case.flow.name)


globals().update({_attribute(case): case.flow for case in CASES})
