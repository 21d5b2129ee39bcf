"""The packaged functions as Prefect tasks."""

from __future__ import annotations

import inspect
import pickle
import typing
from typing import Any

import prefect
import pytest
from prefect.cache_policies import INPUTS, NO_CACHE

from lume_services import tasks
from lume_services.tasks import functions

CLASSES = {
    "configure_lume_services": tasks.ConfigureLumeServices,
    "save_file": tasks.SaveFile,
    "load_file": tasks.LoadFile,
    "get_file_result": tasks.GetFileResult,
    "save_db_result": tasks.SaveDBResult,
    "load_db_result": tasks.LoadDBResult,
}
each_task = pytest.mark.parametrize(("name", "made"), CLASSES.items())


@each_task
def test_the_ready_made_task_has_the_function_name(name: str, made: type) -> None:
    task = getattr(tasks, name)
    assert isinstance(task, made)
    assert isinstance(task, prefect.Task)
    assert (task.name, task.fn) == (name, getattr(functions, name))


@each_task
def test_the_signature_is_the_function_signature(name: str, made: type) -> None:
    assert inspect.signature(made()) == inspect.signature(getattr(functions, name))


@each_task
def test_the_annotations_can_be_evaluated(name: str, made: type) -> None:
    assert "return" in typing.get_type_hints(getattr(functions, name))


def test_saving_returns_a_reference() -> None:
    for function in (functions.save_file, functions.save_db_result):
        assert typing.get_type_hints(function)["return"] == dict[str, Any]


@each_task
def test_options_are_those_of_prefect_tasks(name: str, made: Any) -> None:
    task = made(name="renamed", retries=2, retry_delay_seconds=5, tags=["a"], timeout_seconds=9)
    assert (task.name, task.retries, task.retry_delay_seconds) == ("renamed", 2, 5)
    assert (task.tags, task.timeout_seconds) == ({"a"}, 9.0)
    assert task.with_options(name="again").name == "again"


@each_task
def test_nothing_is_cached_unless_asked(name: str, made: Any) -> None:
    assert made().cache_policy == NO_CACHE
    assert made().with_options(name="again").cache_policy == NO_CACHE
    assert made(cache_policy=INPUTS).cache_policy == INPUTS


def test_a_cache_key_function_is_taken_without_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    task = tasks.LoadFile(cache_key_fn=lambda context, parameters: "key")
    assert task.cache_policy != NO_CACHE
    assert caplog.records == []


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'retrys'"):
        tasks.SaveFile(retrys=2)  # type: ignore[call-arg]


def test_tasks_travel_to_other_processes() -> None:
    task = pickle.loads(pickle.dumps(tasks.SaveFile(name="save_text_file")))
    assert (type(task), task.name) == (tasks.SaveFile, "save_text_file")


def test_the_namespace_is_what_it_says() -> None:
    assert [name for name in tasks.__all__ if not hasattr(tasks, name)] == []
    with pytest.raises(AttributeError, match="has no attribute 'save_files'"):
        tasks.save_files  # noqa: B018
