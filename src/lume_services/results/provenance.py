"""What the results of a flow run were made by, and from."""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from lume_services.services.scheduling.registry import DEFAULT_PROJECT
from lume_services.services.scheduling.run_context import current_run

MAX_RUNS = 256
MAX_PARENTS = 1000

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_parents: OrderedDict[str, dict[str, dict[str, Any]]] = OrderedDict()


def record_parent(rep: Mapping[str, Any]) -> None:
    """Note that the current flow run has loaded a result or a file.

    Kept in this process for the runs last active, once for each parent and up to a bound;
    outside a flow run, nothing is noted. All threads of a run share one list.

    Parameters
    ----------
    rep
        The JSON reference, from `Result.unique_rep` or `File.jsonable_dict`.
    """
    run = current_run()
    if run is None:
        return
    key = json.dumps(rep, sort_keys=True)
    with _lock:
        found = _parents.setdefault(run.flow_run_id, {})
        _parents.move_to_end(run.flow_run_id)
        while len(_parents) > MAX_RUNS:
            _parents.popitem(last=False)
        if key in found:
            return
        full = len(found) >= MAX_PARENTS
        if not full:
            found[key] = json.loads(key)
    if full:
        logger.warning(
            "flow run %s has loaded more than %d results and files; %s is not noted as a parent",
            run.flow_run_id,
            MAX_PARENTS,
            key,
        )


def of_run() -> dict[str, Any]:
    """Return the fields of a `Result` that the current flow run decides, or its absence."""
    run = current_run()
    if run is None:
        return {"project_name": DEFAULT_PROJECT}
    return {
        "project_name": run.project_name,
        "flow_id": run.flow_run_id,
        "flow_name": run.flow_name,
        "flow_run_id": run.flow_run_id,
        "parents": parents(run.flow_run_id),
        "package": run.package,
        "version": run.version,
    }


def parents(flow_run_id: str) -> tuple[dict[str, Any], ...]:
    """Return the references that a flow run has loaded so far, in that order."""
    with _lock:
        return tuple(dict(rep) for rep in _parents.get(flow_run_id, {}).values())
