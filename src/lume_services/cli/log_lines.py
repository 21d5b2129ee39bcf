"""Log lines as text: when, how grave, from which flow or task, and what."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from lume_services.cli.times import when

if TYPE_CHECKING:
    from lume_services.services.scheduling.run import LogLine
    from lume_services.services.scheduling.service import SchedulingService

_ASK_SECONDS = 1.0


class LogTexts:
    """Makes texts of log lines.

    Parameters
    ----------
    scheduling
        The service, which knows the names of flows and tasks.
    """

    def __init__(self, scheduling: SchedulingService) -> None:
        self._scheduling = scheduling
        self._flows: dict[str, str] = {}
        self._tasks: dict[str, str] = {}
        self._asked = 0.0

    def text(self, line: LogLine) -> str:
        """Return a line as text."""
        level = logging.getLevelName(line.level)
        return f"{when(line.timestamp)}  {level:<8}  {self._source(line)}: {line.message}"

    def _source(self, line: LogLine) -> str:
        run_id, task_run_id = line.run_id or "", line.task_run_id
        if run_id not in self._flows:
            self._flows[run_id] = self._scheduling.run_info(run_id).flow_name
        if task_run_id is None:
            return self._flows[run_id]
        # A server learns of task runs late, and is not to be asked for each line.
        if task_run_id not in self._tasks and time.monotonic() > self._asked + _ASK_SECONDS:
            self._tasks.update({each.id: each.name for each in self._scheduling.task_runs(run_id)})
            self._asked = time.monotonic()
        return self._tasks.get(task_run_id, self._flows[run_id])
