"""Saving results, also where their database does not answer for a while."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lume_services.errors import FileServiceError, LumeServicesError, StoreUnavailableError
from lume_services.results.documents import spool
from lume_services.results.documents.document import Described, compose
from lume_services.results.origin import environment
from lume_services.services.results.db import Document

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.services.files.values import Saving

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def save(described: Described) -> Document:
    """Insert the document of a result; return it.

    Raises
    ------
    ResultConflictError
        If the flow run has saved a different result.
    StoreUnavailableError, FileServiceError
        If the database, or the folder of its large values, cannot be used, also not later within
        the time of the settings. The result is kept in a file that the message names.
    """
    from lume_services import config

    services = config.current()
    try:
        with draft(described) as (document, values):
            _insert(document, values, services)
        return document
    except (StoreUnavailableError, FileServiceError) as error:
        told = str(error).removesuffix(".")
        raise type(error)(f"{told}. {_kept(described, services)}") from error


@contextmanager
def draft(described: Described) -> Iterator[tuple[Document, Saving]]:
    """Give the document of a result, and its large values, which are still to be placed."""
    from lume_services import config

    services = config.current()
    environment.keep((described.fields["provenance"] or {}).get("environment"), services)
    limit = services.settings.results_db.inline_limit
    with services.values.saving() as values:
        yield compose(described, limit, values), values


def _insert(document: Document, values: Saving, services: Services) -> None:
    """Insert a document, again and again while its database may come back."""
    seconds, pause = services.settings.results_db.retry_seconds, _FIRST_PAUSE
    end = time.monotonic() + seconds
    while True:
        try:
            # Placed anew each time: meanwhile nobody who cleans up has to wait.
            with values.placed():
                services.results_db.insert(document)
            return
        except StoreUnavailableError as error:
            if not error.may_pass or time.monotonic() + pause > end:
                raise
            if pause == _FIRST_PAUSE:
                logger.warning("%s; it is tried again for %g seconds", error, seconds)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _kept(described: Described, services: Services) -> str:
    """Keep a result in a file; return what a person is told of it."""
    try:
        file = spool.keep(described, services)
    except (LumeServicesError, OSError) as error:
        return f"Nor can the result be kept in a file for later: {error}"
    return (
        f"The result is kept in {str(file)!r} on {platform.node()}: when all can be used again, "
        "`lume-services results flush` inserts it from there"
    )
