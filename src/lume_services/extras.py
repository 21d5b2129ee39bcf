"""Libraries that are installed only where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lume_services.errors import PluginError


@contextmanager
def needed(extra: str, purpose: str) -> Iterator[None]:
    """Say how to install what an import in the block lacks.

    Parameters
    ----------
    extra
        The extra of this package that brings the library.
    purpose
        What it is needed for, such as ``"a data frame"``.

    Raises
    ------
    PluginError
        If the library is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise PluginError(
            f"{purpose} needs {error.name}, which is not installed: "
            f"pip install 'lume-services[{extra}]'"
        ) from error
