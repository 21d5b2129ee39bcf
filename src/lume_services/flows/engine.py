"""The embedded engine for a plain call of any Prefect flow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lume_services import config


@contextmanager
def local_engine() -> Iterator[None]:
    """Run the Prefect flows that are called inside the block without a server.

    The runs are kept in the embedded store, as those of the local backend are. Holds
    for the calling thread or asyncio task and for what Prefect starts from it.

    Examples
    --------
    >>> from prefect import flow
    >>> import lume_services
    >>> @flow
    ... def double(x: float) -> float:
    ...     return 2 * x
    >>> with lume_services.local_engine():
    ...     double(1.5)
    3.0
    """
    from lume_services.services.scheduling.local_api.engine import engine_for

    with engine_for(config.current().settings.home).active():
        yield
