"""Ctrl-C ends the process: also in a finalizer, and where a flow's threads do not stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

PATIENCE_SECONDS = 1.0
_AGAIN_SECONDS = 0.05


@contextmanager
def not_lost() -> Iterator[None]:
    """Interrupt the block again where Python has dropped an interruption.

    It does so with all that is raised in a finalizer or the callback of a weak reference.
    """
    report = sys.unraisablehook

    def interrupt_again(dropped: UnraisableHookArgs) -> None:
        if dropped.exc_type is not KeyboardInterrupt:
            report(dropped)
            return
        # Later, as at once it would be dropped here.
        main = threading.main_thread().ident
        timer = threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, [main, signal.SIGINT])
        timer.daemon = True
        timer.start()

    sys.unraisablehook = interrupt_again
    try:
        yield
    finally:
        sys.unraisablehook = report


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
