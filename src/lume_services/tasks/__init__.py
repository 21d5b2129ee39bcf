"""Prefect tasks that save and load files and database results.

The plain functions that they run are in `lume_services.tasks.functions`, which does not
import Prefect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lume_services.tasks.packaged import (
        ConfigureLumeServices,
        GetFileResult,
        LoadDBResult,
        LoadFile,
        SaveDBResult,
        SaveFile,
        configure_lume_services,
        get_file_result,
        load_db_result,
        load_file,
        save_db_result,
        save_file,
    )

__all__ = [
    "ConfigureLumeServices",
    "GetFileResult",
    "LoadDBResult",
    "LoadFile",
    "SaveDBResult",
    "SaveFile",
    "configure_lume_services",
    "get_file_result",
    "load_db_result",
    "load_file",
    "save_db_result",
    "save_file",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lume_services.tasks import packaged

    return getattr(packaged, name)
