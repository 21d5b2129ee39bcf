"""What a run made, and where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lume_services.cli import console, runs
from lume_services.cli.console import Cell
from lume_services.cli.times import lasted
from lume_services.errors import NotSerializableError
from lume_services.files import is_reference

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.services.scheduling.run import RunInfo

_VALUE_WIDTH = 100
_RESULT_KEYS = {"result_type", "project_name", "unique_hash"}
_UNITS = ("bytes", "kB", "MB", "GB")


def report(run_id: str, services: Services) -> None:
    """Write a run's final state, that of all runs below it, and what they made and where."""
    run = services.scheduling.run_info(run_id)
    if console.for_programs.get():
        console.document(document(run, services))
        return
    _write(run, services, indent=0)


def document(run: RunInfo, services: Services) -> dict[str, Any]:
    """Return a run, what its tasks and it returned, and its children, for programs."""
    children = [*services.scheduling.child_runs(run.id), *_reused(run, services)]
    return {
        **runs.document(run),
        **_values(run, services),
        "children": [document(child, services) for child in children],
    }


def _reused(run: RunInfo, services: Services) -> list[RunInfo]:
    """Return the earlier runs whose results were used in place of new children."""
    return [services.scheduling.run_info(run_id) for run_id in run.reused.values()]


def _values(run: RunInfo, services: Services) -> dict[str, Any]:
    values: dict[str, Any] = {"task_results": services.scheduling.task_results(run.id)}
    if run.state_type == "COMPLETED":
        try:
            values["returned"] = services.scheduling.get_result(run.id)
        except NotSerializableError as error:
            values["problem"] = str(error)
    return values


def _write(run: RunInfo, services: Services, indent: int, note: str = "run") -> None:
    time, run_id = lasted(run.started, run.ended), f"{note} {console.short(run.id)}"
    console.line(
        Cell(run.flow_name, "bold"), runs.state(run), time, Cell(run_id, "dim"), indent=indent
    )
    for producer, what in made(run, services):
        console.line(Cell(producer, "dim"), what, indent=indent + 2)
    if indent > 0 and run.state_type != "COMPLETED":
        console.line(" ".join((run.message or "no message").split()), indent=indent + 2)
    for child in services.scheduling.child_runs(run.id):
        _write(child, services, indent + 2)
    for earlier in _reused(run, services):
        _write(earlier, services, indent + 2, "reused run")


def made(run: RunInfo, services: Services) -> Iterator[tuple[str, str]]:
    """Return what a run made: its tasks' files and database results, and what it returned."""
    for task_name, outcome in services.scheduling.task_results(run.id).items():
        for value in outcome if isinstance(outcome, list) else [outcome]:
            if _is_result(value) or is_reference(value):
                yield task_name, described(value, services)
    if run.state_type == "COMPLETED":
        yield from _returned(run, services)


def _returned(run: RunInfo, services: Services) -> Iterator[tuple[str, str]]:
    try:
        value = services.scheduling.get_result(run.id)
    except NotSerializableError as error:
        yield "returned", str(error)
    else:
        if value is not None and not _is_index(value, run, services):
            yield "returned", described(value, services)


def _is_index(value: Any, run: RunInfo, services: Services) -> bool:
    """Tell a flow-of-flows' own return value: its children's names and run identifiers."""
    children = [child.id for child in services.scheduling.child_runs(run.id)]
    children += run.reused.values()
    return isinstance(value, dict) and bool(value) and all(v in children for v in value.values())


def described(value: Any, services: Services) -> str:
    """Return a value in one line: a file by its path and size, a database result by its hash."""
    if _is_result(value):
        return f"{value['result_type']} {console.short(value['unique_hash'])}"
    if is_reference(value):
        return f"{_place(value, services)} ({_size(value['size'])})"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 3]}..."


def _place(reference: dict[str, Any], services: Services) -> str:
    """Return where a file is, seen from here; its filesystem may be one that only workers have."""
    identifier, filename = reference["filesystem_identifier"], reference["filename"]
    if identifier in services.files.identifiers:
        return str(services.files.resolve(identifier, filename))
    return f"{filename} of filesystem {identifier}"


def _is_result(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == _RESULT_KEYS


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    if size < 1000:
        return f"{size} bytes"
    power = min((len(str(size)) - 1) // 3, 3)
    return f"{size / 1000**power:.1f} {_UNITS[power]}"
