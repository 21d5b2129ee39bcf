"""The packaged functions as Prefect tasks whose names and options can be set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, Unpack

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.tasks import TaskOptions

from lume_services.tasks import functions

P = ParamSpec("P")
R = TypeVar("R")


class PackagedTask(Task[P, R]):
    """A Prefect task over one packaged function.

    Its results are not cached unless an option asks for it: saving and loading have
    effects, and hashing large inputs for a cache key is slow or impossible.

    Parameters
    ----------
    function
        What the task does.
    **options
        Options of a Prefect task, above all ``name``.
    """

    def __init__(self, function: Callable[P, R], **options: Unpack[TaskOptions]) -> None:
        if options.get("cache_key_fn") is None:
            options.setdefault("cache_policy", NO_CACHE)
        super().__init__(function, **options)


class ConfigureLumeServices(PackagedTask[[], None]):
    """Task that configures the services from the environment."""

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        super().__init__(functions.configure_lume_services, **options)


class SaveFile(PackagedTask[..., dict[str, Any]]):
    """Task that writes an object to a file; see `lume_services.tasks.functions.save_file`."""

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        super().__init__(functions.save_file, **options)


class LoadFile(PackagedTask[..., Any]):
    """Task that reads a file by its reference; see `lume_services.tasks.functions.load_file`."""

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        super().__init__(functions.load_file, **options)


class GetFileResult(PackagedTask[..., Any]):
    """Task that reads a file result; see `lume_services.tasks.functions.get_file_result`."""

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        super().__init__(functions.get_file_result, **options)


class SaveDBResult(PackagedTask[..., dict[str, Any]]):
    """Task that inserts a result; see `lume_services.tasks.functions.save_db_result`."""

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        super().__init__(functions.save_db_result, **options)


class LoadDBResult(PackagedTask[..., Any]):
    """Task that loads a result; see `lume_services.tasks.functions.load_db_result`."""

    def __init__(self, **options: Unpack[TaskOptions]) -> None:
        super().__init__(functions.load_db_result, **options)


configure_lume_services = ConfigureLumeServices()
save_file = SaveFile()
load_file = LoadFile()
get_file_result = GetFileResult()
save_db_result = SaveDBResult()
load_db_result = LoadDBResult()
