"""What running flows log to the terminal."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect.logging.handlers import PrefectConsoleHandler
    from rich.console import Console


def leave_out_tracebacks() -> None:
    """Keep tracebacks off the terminal; ``lume-services runs logs`` has them."""
    for handler in _handlers():
        handler.setFormatter(_WithoutTraceback(handler.formatter))


@contextmanager
def written_to(console: Console) -> Iterator[None]:
    """Write log lines to another console inside the block, which shows states by itself."""
    handlers = [(handler, handler.console) for handler in _handlers()]
    for handler, _ in handlers:
        handler.console = console
        handler.addFilter(_tells_more_than_states)
    try:
        yield
    finally:
        for handler, before in handlers:
            handler.console = before
            handler.removeFilter(_tells_more_than_states)


def _tells_more_than_states(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO or record.module not in {"flow_engine", "task_engine"}


def _handlers() -> list[PrefectConsoleHandler]:
    import prefect.main  # noqa: F401  # sets the handlers up
    from prefect.logging.handlers import PrefectConsoleHandler

    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    handlers = dict.fromkeys(handler for logger in loggers for handler in logger.handlers)
    return [handler for handler in handlers if isinstance(handler, PrefectConsoleHandler)]


class _WithoutTraceback(logging.Formatter):
    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self._formatter = formatter or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        # Other handlers get the same record, and they keep the traceback.
        brief = copy.copy(record)
        brief.exc_info = brief.exc_text = None
        return self._formatter.format(brief)
