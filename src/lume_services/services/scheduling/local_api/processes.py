"""Which process works on a run, told apart from a later one with the same number."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path


@functools.lru_cache(maxsize=4)
def this_process(pid: int) -> str:
    """Return a name for a living process: host, process number and start time."""
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(process: str) -> bool:
    """Whether a process of this host has ended; False for other hosts.

    Parameters
    ----------
    process
        A name that `this_process` gave.
    """
    host, pid, started = process.rsplit(":", 2)
    if host != socket.gethostname() or int(pid) == os.getpid():
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str | None:
    """Return when a process started (field 22 of its ``stat`` on Linux), None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return _alive_elsewhere(pid)
    except (OSError, ProcessLookupError):
        return None
    return None if fields[0] in {"Z", "X"} else fields[19]


def _alive_elsewhere(pid: int) -> str | None:
    """Answer for systems without ``/proc``: whether the number is in use at all."""
    if Path("/proc/self").exists():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "alive"
