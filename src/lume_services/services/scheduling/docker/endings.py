"""What a container's state after its end means, in words for the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lume_services.services.scheduling.prefect_server.jobs.job import Ending

_KILLED = 137
_MIB = 1 << 20
_LONGEST = 2000


def ending(container: Mapping[str, Any], last_lines: str) -> Ending:
    """Return how a container ended.

    Parameters
    ----------
    container
        What the engine says of it.
    last_lines
        The end of its output.
    """
    state, limit = container["State"], container["HostConfig"].get("Memory") or 0
    code: int = state["ExitCode"]
    # The engine is told of it by a notice that may come late.
    if state.get("OOMKilled") or (code == _KILLED and limit and not last_lines.strip()):
        return Ending(code, _out_of_memory(limit))
    if code == 0:
        return Ending(0)
    said = last_lines.strip()[-_LONGEST:]
    how = "was killed" if code == _KILLED else f"ended with exit code {code}"
    detail = f" ({state['Error']})" if state.get("Error") else ""
    tail = f"; its last lines:\n{said}" if said else ", and it had said nothing"
    return Ending(code, f"its container {how}{detail}{tail}")


def _out_of_memory(limit: int) -> str:
    if not limit:
        return "its container was killed, as the host had no more memory; let it need less."
    return (
        f"its container was killed for memory: it may take {limit / _MIB:.0f} MiB (mem_limit). "
        "Give it more, or let it need less."
    )
