"""Ends the process after Ctrl-C, also where a flow's threads do not stop."""

from __future__ import annotations

import os
import sys
import threading

PATIENCE_SECONDS = 1.0


def end_soon(code: int) -> None:
    """End the process in a moment if it does not end by itself.

    Python's own exit waits for the threads of a pool, and one that sleeps cannot be stopped.

    Parameters
    ----------
    code
        The exit code.
    """
    timer = threading.Timer(PATIENCE_SECONDS, _end, [code])
    timer.daemon = True
    timer.start()


def _end(code: int) -> None:
    import multiprocessing

    from lume_services import config

    config.reset()
    for process in multiprocessing.active_children():
        process.terminate()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
