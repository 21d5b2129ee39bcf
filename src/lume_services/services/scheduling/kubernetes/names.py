"""Names and labels that Kubernetes takes, of names that may be anything."""

from __future__ import annotations

import re
import unicodedata

# A pod's name adds six characters to its Job's, and has to fit into a label.
MAX_NAME = 57
_MAX_LABEL = 63
_NOT_IN_NAME = re.compile(r"[^a-z0-9]+")
_NOT_IN_LABEL = re.compile(r"[^A-Za-z0-9._-]+")


def job_name(flow_name: str, run_id: str, attempt: str) -> str:
    """Return the name of a Job, which is a DNS label whatever the flow is called.

    Parameters
    ----------
    flow_name, run_id
        What is run.
    attempt
        Letters and digits that tell this Job from earlier ones of the same run.
    """
    end = f"{run_id[:8]}-{attempt}"
    start = _NOT_IN_NAME.sub("-", _plain(flow_name).lower()).strip("-")
    start = start[: MAX_NAME - len(end) - 1].rstrip("-")
    return f"{start or 'flow'}-{end}"


def label(text: str) -> str:
    """Return the value of a label that stands for a text, and is the text where it can be."""
    value = _NOT_IN_LABEL.sub("-", _plain(text))[:_MAX_LABEL]
    return value.strip("-._")


def _plain(text: str) -> str:
    """Return a text without accents, as far as that goes."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
