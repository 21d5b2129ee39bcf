"""What ``run FILE|FLOW`` and ``register MODULE:FLOW`` name."""

from __future__ import annotations

import sys
from pathlib import Path

from lume_services.errors import InputError

_YAML = (".yaml", ".yml")


def is_specification(target: str) -> bool:
    """Tell whether a flow-of-flows file is meant, rather than a flow.

    Raises
    ------
    InputError
        If a flow's file is given without the flow.
    """
    if target.endswith(_YAML):
        return True
    if target.endswith(".py") or Path(target).is_file():
        raise InputError(
            f"{target!r} is neither a flow nor a YAML file; "
            "give MODULE:FLOW, FILE.py:FLOW, a registered flow's name, or FILE.yaml."
        )
    return False


def is_entrypoint(target: str) -> bool:
    """Tell whether a target says where a flow is, rather than what it is called."""
    return ":" in target


def import_from_here() -> None:
    """Let modules of the working directory be imported, as ``python -m`` does."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
