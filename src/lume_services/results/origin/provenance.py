"""What the results of a flow run were made by, and from."""

from __future__ import annotations

import functools
import json
import logging
import os
import platform
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lume_services.errors import FlowNotFoundError, NotSerializableError
from lume_services.results.codec import encode
from lume_services.results.origin import checkout, environment
from lume_services.services.scheduling import entrypoints, installed, run_notes
from lume_services.services.scheduling.registry import DEFAULT_PROJECT
from lume_services.services.scheduling.run_context import RunContext, current_run
from lume_services.settings_sources import IMAGE_VARIABLE

if TYPE_CHECKING:
    from prefect import Flow

MAX_RUNS = 256
MAX_PARENTS = 1000

logger = logging.getLogger(__name__)

_Kind = Literal["from", "made", "result"]

_lock = threading.Lock()
_notes: OrderedDict[str, dict[_Kind, dict[str, None]]] = OrderedDict()


class Provenance(BaseModel):
    """How a result came to be, beyond what `Result` has as fields of its own.

    Parameters
    ----------
    entrypoint
        Where the flow is: ``package.module:flow`` or ``/folder/file.py:flow``.
    parameters
        The parameters of the run with defaults, but for what has no JSON form.
    started
        When the run started.
    commit, dirty
        The git commit of the checkout that the flow's module is in, and whether files of
        it had changed since; None where there is no checkout.
    image
        The container image, from the environment variable ``LUME_IMAGE``.
    environment
        Digest of the installed packages and their versions, where there is no image; see
        `lume_services.results.origin.environment.packages`.
    python
        Version of Python.
    saved
        References of the files that the run had saved with the packaged tasks.
    """

    model_config = ConfigDict(frozen=True)

    entrypoint: str | None = None
    parameters: dict[str, Any] | None = None
    started: AwareDatetime | None = None
    commit: str | None = None
    dirty: bool | None = None
    image: str | None = None
    environment: str | None = None
    python: str | None = None
    saved: tuple[dict[str, Any], ...] = ()


def record_parent(rep: Mapping[str, Any]) -> None:
    """Note that the current flow run has loaded a result or a file.

    Kept for the runs last active, once for each parent and up to a bound; outside a flow
    run, nothing is noted. All threads of a run share one list, and so do its processes.

    Parameters
    ----------
    rep
        The JSON reference, from `Result.unique_rep` or `File.jsonable_dict`.
    """
    _record("from", rep)


def record_saved(rep: Mapping[str, Any]) -> None:
    """Note that the current flow run has saved a file, as `record_parent` does."""
    _record("made", rep)


def record_result(rep: Mapping[str, Any]) -> None:
    """Note, in this process only, that the current flow run has saved a result."""
    _record("result", rep)


def results(flow_run_id: str) -> tuple[dict[str, Any], ...]:
    """Return the references of the results that a flow run has saved in this process."""
    return _here(flow_run_id, "result")


def handed_on(reps: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the labels by which a run that is to be made has these parents from its start."""
    return dict(run_notes.label("from", _text(rep)) for rep in reps)


def of_run() -> dict[str, Any]:
    """Return the fields of a `Result` that the current flow run decides, or its absence."""
    run = current_run()
    if run is None:
        return {"project_name": DEFAULT_PROJECT, "provenance": Provenance(**_process())}
    labels = run_notes.shared(run) if run.in_processes else run.labels
    package, version = run.package, run.version
    if package is None and version is None and run.flow is not None:
        package, version = installed.distribution(run.flow.fn.__module__)
    return {
        "project_name": run.project_name,
        "flow_id": run.flow_run_id,
        "flow_name": run.flow_name,
        "flow_run_id": run.flow_run_id,
        "parents": _noted(run, labels, "from"),
        "package": package,
        "version": version,
        "provenance": Provenance(
            parameters={k: v for k, v in run.parameters.items() if _can_be_stored(v)},
            started=run.started,
            saved=_noted(run, labels, "made"),
            **_process(),
            **(_code(run.flow) if run.flow else {}),
        ),
    }


def parents(flow_run_id: str) -> tuple[dict[str, Any], ...]:
    """Return the references that a flow run has loaded in this process so far, in that order."""
    return _here(flow_run_id, "from")


def _record(kind: _Kind, rep: Mapping[str, Any]) -> None:
    run = current_run()
    if run is None:
        return
    text = _text(rep)
    with _lock:
        found = _notes.setdefault(run.flow_run_id, {}).setdefault(kind, {})
        _notes.move_to_end(run.flow_run_id)
        while len(_notes) > MAX_RUNS:
            _notes.popitem(last=False)
        if text in found:
            return
        full = len(found) >= MAX_PARENTS
        if not full:
            found[text] = None
    if full:
        logger.warning(
            "flow run %s has loaded or saved more than %d results and files; %s is not noted",
            run.flow_run_id,
            MAX_PARENTS,
            text,
        )
    elif run.in_processes and kind != "result":
        run_notes.share(run, [run_notes.label(kind, text)])


def _noted(run: RunContext, labels: Mapping[str, Any], kind: _Kind) -> tuple[dict[str, Any], ...]:
    noted = [json.loads(text) for text in run_notes.of_kind(labels, kind)]
    here = _here(run.flow_run_id, kind)
    return (*noted, *(rep for rep in here if rep not in noted))


def _here(flow_run_id: str, kind: _Kind) -> tuple[dict[str, Any], ...]:
    with _lock:
        return tuple(map(json.loads, _notes.get(flow_run_id, {}).get(kind, ())))


def _text(rep: Mapping[str, Any]) -> str:
    return json.dumps(rep, sort_keys=True)


def _can_be_stored(value: Any) -> bool:
    # A flow may be given what nests too deep for a document; its results are to be saved still.
    try:
        encode(value)
    except NotSerializableError:
        return False
    return True


def _process() -> dict[str, Any]:
    image = os.environ.get(IMAGE_VARIABLE)
    packages = {"image": image} if image else {"environment": environment.digest()}
    return {"python": platform.python_version(), **packages}


@functools.lru_cache(maxsize=64)
def _code(flow: Flow[..., Any]) -> dict[str, Any]:
    file = getattr(sys.modules.get(flow.fn.__module__), "__file__", None)
    found = checkout.of(file) if file else None
    state = {"commit": found.commit, "dirty": found.dirty} if found else {}
    try:
        return {**state, "entrypoint": entrypoints.of(flow)}
    except FlowNotFoundError:
        return state
