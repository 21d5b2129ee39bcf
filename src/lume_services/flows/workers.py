"""Runs the flows of a plan, independent ones at the same time, in threads."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from lume_services.flows.progress import Progress

GRACE_SECONDS = 5.0


def run_all(
    progress: Progress,
    run_one: Callable[[str], None],
    limit: int,
    stop: Callable[[], None],
) -> dict[str, BaseException]:
    """Run every flow that can run; return what each failed flow raised.

    Parameters
    ----------
    progress
        Says what may start.
    run_one
        Runs a flow to its end; raises if it fails.
    limit
        How many run at the same time.
    stop
        Asks what is running to stop. Called where this function is interrupted,
        before the interruption goes on.
    """
    workers = _Workers(run_one)
    failures: dict[str, BaseException] = {}
    try:
        while True:
            workers.start(progress.take(limit - len(workers.running)))
            if not workers.running:
                return failures
            name, error = workers.next_ended()
            if error is None:
                progress.complete(name)
            else:
                failures[name] = error
                progress.fail(name)
    except BaseException:
        stop()
        workers.wait(GRACE_SECONDS)
        raise


class _Workers:
    def __init__(self, run_one: Callable[[str], None]) -> None:
        self._run_one = run_one
        self._ended: SimpleQueue[tuple[str, BaseException | None]] = SimpleQueue()
        self.running: dict[str, threading.Thread | None] = {}

    def start(self, names: list[str]) -> None:
        if len(names) == 1 and not self.running:
            # Nothing else can start before it ends: this thread is free, and Ctrl-C reaches it.
            self.running[names[0]] = None
            self._work(names[0], Exception)
            return
        for name in names:
            context = contextvars.copy_context()
            # A daemon, so that a flow that does not stop cannot keep the process alive.
            arguments = (self._work, name, BaseException)
            thread = threading.Thread(target=context.run, args=arguments, daemon=True)
            self.running[name] = thread
            thread.start()

    def next_ended(self) -> tuple[str, BaseException | None]:
        name, error = self._ended.get()
        del self.running[name]
        return name, error

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for thread in self.running.values():
            if thread is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, name: str, caught: type[BaseException]) -> None:
        try:
            self._run_one(name)
        except caught as error:
            self._ended.put((name, error))
        else:
            self._ended.put((name, None))
