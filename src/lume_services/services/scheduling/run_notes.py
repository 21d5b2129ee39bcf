"""Notes that the processes of one flow run share: labels of the run, which its API keeps."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lume_services.services.scheduling.run_context import RunContext

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

T = TypeVar("T")

logger = logging.getLogger(__name__)


def label(kind: str, text: str) -> tuple[str, str]:
    """Return the label of a note; equal notes have equal labels."""
    return f"lume.{kind}.{hashlib.sha256(text.encode()).hexdigest()[:16]}", text


def of_kind(labels: Mapping[str, Any], kind: str) -> list[str]:
    """Return the notes of a kind among labels."""
    return [str(text) for name, text in labels.items() if name.startswith(f"lume.{kind}.")]


def share(run: RunContext, labels: Iterable[tuple[str, str]]) -> None:
    """Let the other processes of a run know labels; a fault is logged and does no harm."""
    from uuid import UUID

    update: dict[str, bool | int | float | str] = dict(labels)
    _ask(run, lambda client: client.update_flow_run_labels(UUID(run.flow_run_id), update))


def shared(run: RunContext) -> Mapping[str, Any]:
    """Return the labels that a run has now; those that it had, if they cannot be had."""
    from uuid import UUID

    found = _ask(run, lambda client: client.read_flow_run(UUID(run.flow_run_id)).labels)
    return run.labels if found is None else found


def _ask(run: RunContext, question: Callable[[SyncPrefectClient], T]) -> T | None:
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            return question(client)
    except Exception as error:  # noqa: BLE001  # whatever it is, the flow itself goes on
        logger.warning(
            "flow run %s: what its processes have loaded or saved may be missing from its "
            "results' provenance (%s: %s)",
            run.flow_run_id,
            type(error).__name__,
            error,
        )
        return None
