"""All cases, and their flows as attributes of one module, by which workers import them."""

from __future__ import annotations

import re

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


def entrypoint(case: Case) -> str:
    """Return where the flow of a case is found."""
    return f"{__name__}:{_attribute(case)}"


def _attribute(case: Case) -> str:
    return "flow_" + re.sub(r"\W", "_", case.flow.name)


globals().update({_attribute(case): case.flow for case in CASES})
