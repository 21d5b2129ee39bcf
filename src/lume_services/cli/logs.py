"""What running flows log to the terminal."""

from __future__ import annotations

import copy
import logging


def leave_out_tracebacks() -> None:
    """Keep tracebacks off the terminal; ``lume-services runs logs`` has them."""
    import prefect.main  # noqa: F401  # sets the handlers up
    from prefect.logging.handlers import PrefectConsoleHandler

    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler):
            handler.setFormatter(_WithoutTraceback(handler.formatter))


class _WithoutTraceback(logging.Formatter):
    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self._formatter = formatter or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        # Other handlers get the same record, and they keep the traceback.
        brief = copy.copy(record)
        brief.exc_info = brief.exc_text = None
        return self._formatter.format(brief)
