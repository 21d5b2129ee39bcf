"""Takes the log lines of a run as they come."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from lume_services.services.scheduling.backends.backend import RunHistory, ignore
from lume_services.services.scheduling.run import LogLine

LOOK_SECONDS = 1.0
"""How long is between two requests to a server."""

LAST_SECONDS = 1.0
"""How long the last lines may come after the end of the run, or after those before them."""

# Processes send their lines in batches, so that later lines of one may come before those of others.
_LATE = timedelta(seconds=5)


class LogFollower:
    """Finds the log lines of a run that have not been found before.

    Lines of one process come in their order. Each line comes once.

    Parameters
    ----------
    history
        The history of a backend.
    run_id
        The run.
    children
        Whether to find the lines of its child runs, and of theirs, too.
    """

    def __init__(self, history: RunHistory, run_id: str, *, children: bool) -> None:
        self._history = history
        self._run_ids = [run_id]
        self._children = children
        self._found: Counter[LogLine] = Counter()
        self._newest: LogLine | None = None

    @property
    def pause(self) -> float:
        """How many seconds are to be between two looks."""
        return 2 * LOOK_SECONDS if self._children else LOOK_SECONDS

    def look(self) -> list[LogLine]:
        """Return the lines that have come since the last look."""
        return self._look(all_of_them=False)

    def rest(self) -> list[LogLine]:
        """Return all lines that have not been found, however late they came."""
        return self._look(all_of_them=True)

    def until(self, ended: Future[None]) -> Iterator[list[LogLine]]:
        """Give the lines that have come, now and then, until all have after the run's end.

        Parameters
        ----------
        ended
            Done when the run has ended; cancelled to give no more.
        """
        yield self.look()
        while not wait([ended], self.pause).done:
            yield self.look()
        if ended.cancelled():
            return
        time.sleep(LAST_SECONDS)
        while lines := self.look():
            yield lines
            time.sleep(LAST_SECONDS)
        yield self.rest()

    def _look(self, *, all_of_them: bool) -> list[LogLine]:
        if self._children:
            self._find_children()
        since = self._newest.timestamp - _LATE if self._newest and not all_of_them else None
        there = Counter(self._history.logs(self._run_ids, since))
        new = there - self._found
        self._found |= there
        lines = sorted(new.elements(), key=lambda line: line.timestamp)
        self._newest = max([*lines, *filter(None, [self._newest])], key=_time, default=None)
        return lines

    def _find_children(self) -> None:
        while True:
            found = self._history.child_ids(self._run_ids)
            new = [run_id for run_id in found if run_id not in self._run_ids]
            if not new:
                return
            self._run_ids += new


def _time(line: LogLine) -> float:
    return line.timestamp.timestamp()


@contextmanager
def following(
    history: RunHistory, log: Callable[[LogLine], object] | None
) -> Iterator[Callable[[str], object]]:
    """Hand over the lines of a run that starts and ends inside the block, from another thread.

    Gives what is to be called with the run's identifier. What ``log`` raises is raised at the end.

    Parameters
    ----------
    history
        The history of the backend.
    log
        Is called with each line; None follows nothing.
    """
    if log is None:
        yield ignore
        return
    ended: Future[None] = Future()
    follow = partial(_hand_over, history, log, ended)
    with ThreadPoolExecutor(1) as pool:
        work: list[Future[None]] = []
        try:
            yield lambda run_id: work.append(pool.submit(follow, run_id))
        except BaseException:
            ended.cancel()
            raise
        ended.set_result(None)
        for each in work:
            each.result()


def _hand_over(
    history: RunHistory, log: Callable[[LogLine], object], ended: Future[None], run_id: str
) -> None:
    for lines in LogFollower(history, run_id, children=True).until(ended):
        for line in lines:
            log(line)
