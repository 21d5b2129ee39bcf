"""Log lines of flow and task runs, written straight into the history."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial

from lume_services.services.scheduling.local_api import logs, observer

_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
_LONGEST = 100_000


class DirectLogs(logging.Filter):
    """Keeps the lines of runs that report to an embedded API of this process.

    Prefect would send them over HTTP in batches, seconds later; its handler leaves
    out a record whose ``send_to_api`` is false.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line; it goes on to the other handlers in any case."""
        run_id = getattr(record, "flow_run_id", None)
        history = observer.current_history()
        if history is not None and run_id and getattr(record, "send_to_api", True):
            task_run_id = getattr(record, "task_run_id", None)
            line = {
                "flow_run_id": str(run_id),
                "task_run_id": str(task_run_id) if task_run_id else None,
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
                "level": record.levelno,
                "name": record.name,
                "message": _FORMATTER.format(record)[:_LONGEST],
            }
            history.transaction(partial(logs.add, lines=[line]))
            record.send_to_api = False
        return True


_FORMATTER = logging.Formatter()
_FILTER = DirectLogs()


def install() -> None:
    """Keep the lines of runs from now on; installing again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
