"""Progress of a run on a terminal, kept up to date while it runs in this process."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lume_services.cli import progress
from lume_services.cli.logs import written_to
from lume_services.errors import LumeServicesError

if TYPE_CHECKING:
    from rich.live import Live

    from lume_services.services.scheduling.service import SchedulingService

REFRESH_SECONDS = 0.2
# Of its time, at most a tenth is spent on looking.
_PAUSE_PER_LOOK = 9.0


@contextmanager
def shown(scheduling: SchedulingService, name: str, flows: Sequence[str]) -> Iterator[None]:
    """Show a run that is started inside the block, if a person can see it.

    What flows log and print goes above. Nothing of it stays at the end.

    Parameters
    ----------
    scheduling
        The service that runs it.
    name
        Name of the flow.
    flows
        Names of the flows that it is to run as its children.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") in {None, "", "dumb"}:
        yield
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    live = Live(
        Text(f"{name}  starting"),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    )
    with live, written_to(live.console):
        watcher = _Watcher(live, scheduling, name, flows)
        watcher.start()
        try:
            yield
        finally:
            watcher.stop()


class _Watcher:
    def __init__(
        self, live: Live, scheduling: SchedulingService, name: str, flows: Sequence[str]
    ) -> None:
        self._live = live
        self._scheduling = scheduling
        self._name, self._flows = name, flows
        self._begin = datetime.now(UTC)
        self._run_id: str | None = None
        self._flow: progress.Flow | None = None
        self._next_look = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lume-progress", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(REFRESH_SECONDS):
            if time.monotonic() >= self._next_look:
                # The run itself will meet what is wrong, and say it.
                with suppress(LumeServicesError):
                    self._look()
            if self._flow is not None:
                self._draw(self._flow)

    def _look(self) -> None:
        begin = time.monotonic()
        try:
            self._run_id = self._run_id or self._find()
            if self._run_id is not None:
                self._flow = progress.look(self._scheduling, self._run_id, self._flows)
        finally:
            end = time.monotonic()
            pause = max(self._scheduling.look_seconds, _PAUSE_PER_LOOK * (end - begin))
            self._next_look = end + pause

    def _draw(self, flow: progress.Flow) -> None:
        from rich.text import Text

        height = self._live.console.height - 2
        lines = [
            Text("  ").join(Text(cell.text, style=cell.style) for cell in line)
            for line in progress.lines(flow, datetime.now(UTC), height)
        ]
        text = Text("\n", no_wrap=True, overflow="ellipsis").join(lines)
        self._live.update(text, refresh=True)

    def _find(self) -> str | None:
        """Return the run that began in the block; another program may run the flow later."""
        begun = [
            run.id
            for run in self._scheduling.runs(limit=10)
            if run.flow_name == self._name and run.created >= self._begin
        ]
        return begun[-1] if begun else None
