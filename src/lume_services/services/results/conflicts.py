"""What a store says of a document that cannot be saved beside another one."""

from __future__ import annotations

from collections.abc import Mapping

from lume_services.errors import ResultConflictError


def conflict(keys: Mapping[str, str], saved_content_hash: str | None) -> ResultConflictError:
    """Return the error of a document that is not saved.

    Parameters
    ----------
    keys
        The document's.
    saved_content_hash
        Of the saved document of the same identity; None if there is none, but another one of
        the same flow run.
    """
    run = f"flow run {keys['flow_id']} of project {keys['project_name']!r}"
    if saved_content_hash is None:
        return ResultConflictError(
            f"{run} has saved another database result already, and a flow run saves one. Save "
            "further values as files, or in the outputs of that one result, or from a flow of "
            "their own; a run that is retried with another outcome needs a new run."
        )
    return ResultConflictError(
        f"the result of {run} has the identity of a saved result (unique_hash "
        f"{keys['unique_hash']}) but other contents; add the fields that differ to unique_on"
    )
