"""Stands beside the process of a run, and ends it when the worker ends.

A process of its own: that of the run may be in code that lets none of its threads go on.
It leads a session, as the run does, so that Ctrl-C reaches neither.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

WORKER_PROCESS = "FLOW_WORKER_PROCESS"
"""Environment variable: the number of the process of the worker that has started a run."""

PAUSE_SECONDS = 1.0
MOMENT_SECONDS = 0.3
_PR_SET_PDEATHSIG = 1
_KILLED = "The worker that had started this run was killed, and so was the run."


def guard(worker: int, run: int, wait: Callable[[], int]) -> int:
    """Wait for the end of a run's process; return its exit code.

    Where the worker ends first, the run's process is killed and the run is Crashed.

    Parameters
    ----------
    worker
        The worker's process, this one's parent.
    run
        The run's process, which leads a group.
    wait
        Returns its exit code when it has ended.
    """
    signal.signal(signal.SIGTERM, lambda number, _: _send(run, number))
    threading.Thread(target=_kill_after, args=(worker, run), daemon=True).start()
    return conclude(worker, wait())


def conclude(worker: int, code: int) -> int:
    """Report a run that has ended with its worker; return the exit code.

    Parameters
    ----------
    worker
        The worker's process, this one's parent.
    code
        Exit code of the run's process.
    """
    if code != 0:
        # What a killed worker leaves is taken apart step by step.
        time.sleep(MOMENT_SECONDS)
        if os.getppid() != worker:
            _report()
    return code


def split(worker: int) -> int | None:
    """Become two processes: return None in the one that is to run, exit code in its guard.

    Parameters
    ----------
    worker
        The worker's process, this one's parent.
    """
    os.setsid()
    this = os.getpid()
    run = os.fork()
    if run == 0:
        os.setsid()
        end_with(this)
        return None
    return guard(worker, run, lambda: exit_code(os.waitpid(run, 0)[1]))


def end_with(parent: int) -> None:
    """Let this process be killed when its parent ends.

    Parameters
    ----------
    parent
        The parent's process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
    else:
        threading.Thread(target=_kill_after, args=(parent, os.getpid()), daemon=True).start()


def exit_code(status: int) -> int:
    """Return the exit code of an ended process as a shell tells of it."""
    code = os.waitstatus_to_exitcode(status)
    # A process cannot end with a negative number, which here stands for a signal.
    return code if code >= 0 else 128 - code


def kill(run: int) -> None:
    """Kill a run's process and those that it has started.

    Parameters
    ----------
    run
        The process, which leads a group, or is about to.
    """
    with suppress(ProcessLookupError):
        os.killpg(run, signal.SIGKILL)
    _send(run, signal.SIGKILL)


def _send(run: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(run, number)


def _kill_after(parent: int, run: int) -> None:
    while os.getppid() == parent:
        time.sleep(PAUSE_SECONDS)
    kill(run)


def _report() -> None:
    from lume_services.services.scheduling.prefect_server.connection import (
        PATIENCE_SECONDS_OF_FLOWS,
        PrefectServer,
    )
    from lume_services.settings import LUMEServicesSettings

    server = PrefectServer(LUMEServicesSettings().prefect, PATIENCE_SECONDS_OF_FLOWS)
    state = {"type": "CRASHED", "name": "Crashed", "message": _KILLED}
    run_id = os.environ["PREFECT__FLOW_RUN_ID"]
    server.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": False})
