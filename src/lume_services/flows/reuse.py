"""Which flows of a composition run again, decided without knowing how flows are run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lume_services.flows.plan import Node, Plan
from lume_services.services.scheduling.run import TERMINAL, RunInfo

_NO_GOOD_END = TERMINAL - {"COMPLETED"} | {"CANCELLING"}


@dataclass(frozen=True)
class Step:
    """What becomes of a flow when a run is resumed.

    Parameters
    ----------
    flow_name
        The flow.
    reason
        Why it runs again, or need not.
    run_id
        The earlier run whose results are used; None where the flow runs.
    """

    flow_name: str
    reason: str
    run_id: str | None = None


def decide(
    plan: Plan, given: Mapping[str, Mapping[str, Any]], earlier: Mapping[str, RunInfo]
) -> tuple[Step, ...]:
    """Return what becomes of each flow, parents before children.

    A flow is used as it ran before if it ended well or still runs, with the same
    parameters and version, and so are all flows whose results it takes.

    Parameters
    ----------
    plan
        The composition, with the flows as they are registered now.
    given
        The parameters that each flow is given now, without the mapped ones.
    earlier
        The last run of each flow, where there is one.
    """
    steps: dict[str, Step] = {}
    for node in plan.nodes:
        run = earlier.get(node.name)
        again = [parent for parent in node.parents if steps[parent].run_id is None]
        reasons = [] if run is None else [*_changes(node, given[node.name], run)]
        if run is None:
            reasons = ["it has not run"]
        elif again:
            reasons.append(f"it takes results of {', '.join(again)}")
        if run is None or reasons:
            steps[node.name] = Step(node.name, "; ".join(reasons))
        else:
            steps[node.name] = Step(node.name, _as_it_is(run), run.id)
    return tuple(steps.values())


def _changes(node: Node, given: Mapping[str, Any], run: RunInfo) -> Iterator[str]:
    """Give what is not as it was, or not as it should be."""
    if run.state_type in _NO_GOOD_END:
        yield f"it was {run.state_name}"
    # Runs of early versions do not say where their flow was.
    if run.entrypoint is not None:
        yield from _change("version", run.version, node.record.version)
        yield from _change("entrypoint", run.entrypoint, node.record.entrypoint)
        yield from _change("image", run.image, node.record.image)
    for own in node.parameters.values():
        default = node.record.parameters["properties"][own].get("default")
        before, now = run.parameters.get(own, default), given.get(own, default)
        yield from _change(f"parameter {own}", _as_json(before), _as_json(now))


def _change(what: str, before: str | None, now: str | None) -> Iterator[str]:
    if before != now:
        yield f"{what} is {now or 'unknown'} and was {before or 'unknown'}"


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _as_it_is(run: RunInfo) -> str:
    return "it has ended well" if run.state_type == "COMPLETED" else "it still runs"
