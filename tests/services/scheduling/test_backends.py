"""What every backend does: the contract of the scheduling service."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import engine_flows as flows
import prefect
import pytest

from lume_services.errors import (
    FlowFailedError,
    FlowNotFoundError,
    InputError,
    NotSerializableError,
    ParameterError,
    RunTimeoutError,
    TaskNotFoundError,
)
from lume_services.services.scheduling.run import RunInfo
from lume_services.services.scheduling.service import SchedulingService
from servers.backends import SAMPLE


def ended(service: SchedulingService, flow: Any, *arguments: Any, **options: Any) -> RunInfo:
    """Run a flow to its end, in whatever state."""
    return service.wait(service.run(flow, *arguments, **options), timeout=300)


def soon(look: Callable[[], Any], expected: Any) -> None:
    """Wait until something is seen that a server learns from events."""
    deadline = time.monotonic() + 120
    while (seen := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen == expected


@pytest.mark.parametrize(
    ("flow", "parameters", "expected"),
    [
        (flows.sync_flow, {"x": 2}, 3),
        (flows.async_flow, {"x": 2}, 3),
        (flows.generator_flow, {"n": 3}, [0, 1, 2]),
        (flows.threads_flow, {"n": 3}, [1, 2, 3]),
        (flows.retrying_task, {}, 3),
        (flows.retrying_flow, {}, 2),
        (flows.twice_cached, {"x": 4}, [4, 4]),
        (flows.pydantic_flow, {"twiss": {"beta": 5.0}}, 5.0),
    ],
)
def test_a_flow_returns_what_it_computes(
    service: SchedulingService, flow: Any, parameters: dict[str, Any], expected: Any
) -> None:
    assert service.run_and_return(flow, parameters) == expected


@SAMPLE
def test_tasks_in_other_processes_know_their_run(service: SchedulingService) -> None:
    run_id = ended(service, flows.processes_flow, project_name="linac").id
    assert service.get_result(run_id) == [2, ["linac", "processes-flow"]]
    assert service.get_task_result(run_id, "add") == 2
    assert service.get_task_result(run_id, "identity") == ["linac", "processes-flow"]
    soon(lambda: [task.state_name for task in service.task_runs(run_id)], ["Completed"] * 2)


def test_mapped_results_come_in_the_order_of_submission(service: SchedulingService) -> None:
    run_id = ended(service, flows.scattered_flow, {"n": 40}).id
    assert service.get_task_result(run_id, "late") == list(range(40))


def test_a_task_maps_over_the_futures_of_another(service: SchedulingService) -> None:
    assert service.run_and_return(flows.chained_flow, {"n": 5}) == [2, 3, 4, 5, 6]


@SAMPLE
def test_children_are_children_and_share_the_project(service: SchedulingService) -> None:
    run_id = ended(service, flows.parent_flow, {"x": 1}, project_name="linac").id
    names = ["linac", "parent-flow"], ["linac", "middle-flow"]
    assert service.get_result(run_id) == [2, [3, names[1]], names[0]]
    children = service.child_runs(run_id)
    assert [child.flow_name for child in children] == ["sync-flow", "middle-flow"]
    assert [child.project_name for child in children] == ["linac", "linac"]
    (grandchild,) = service.child_runs(children[1].id)
    assert (grandchild.flow_name, grandchild.parent_run_id) == ("sync-flow", children[1].id)
    assert run_id in [run.id for run in service.runs(project_name="linac")]
    assert not {child.id for child in children} & {run.id for run in service.runs(limit=200)}


@SAMPLE
def test_task_results_come_by_name(service: SchedulingService) -> None:
    run_id = ended(service, flows.no_return, {"x": 1}).id
    assert service.get_result(run_id) is None
    assert service.get_task_result(run_id, "add") == [2, 3]
    assert service.task_results(run_id) == {"add": [2, 3]}
    assert service.run_and_return(flows.no_return, {"x": 1}) == {"add": [2, 3]}
    assert service.run_and_return(flows.sync_flow, {"x": 1}, task_name="add") == 2
    with pytest.raises(TaskNotFoundError, match=r"no finished task 'ad'; did you mean 'add'\?"):
        service.get_task_result(run_id, "ad")


def test_what_is_not_json_cannot_leave_the_flow(service: SchedulingService) -> None:
    run_id = ended(service, flows.array_flow).id
    message = r"task 'array' of flow 'array-flow' returned numpy.ndarray.*save_file or save_db"
    with pytest.raises(NotSerializableError, match=message):
        service.get_task_result(run_id, "array")
    with pytest.raises(NotSerializableError, match=r"^flow 'array-flow' returned numpy.ndarray"):
        service.get_result(run_id)


@SAMPLE
def test_a_failure_names_flow_task_and_cause(service: SchedulingService) -> None:
    message = r"'failing-flow' ended as Failed in task 'broken': ValueError: the magnet is off"
    with pytest.raises(FlowFailedError, match=message) as failure:
        service.run_and_return(flows.failing_flow)
    error = failure.value
    assert (error.task_name, error.cause_type) == ("broken", "ValueError")
    assert error.cause_message == "the magnet is off"
    assert 'raise ValueError("the magnet is off")' in (error.cause_traceback or "")
    with pytest.raises(FlowFailedError, match=r"QuenchError: the coil is at 9 K\nor above \(run"):
        service.run_and_return(flows.quenching_flow)
    assert service.run_info(error.run_id).state_name == "Failed"


def test_a_timeout_fails_the_run(service: SchedulingService) -> None:
    with pytest.raises(FlowFailedError, match=r"'late-flow' ended as TimedOut.*0\.2 second"):
        service.run_and_return(flows.late_flow)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"x": "much"}, "parameter 'x' is 'much', expected number"),
        ({"y": 1}, r"unknown parameter 'y', there are: x; missing required parameter 'x'"),
        ({"x": {1}}, "parameter 'x' is not JSON-serialisable: set"),
    ],
)
def test_bad_parameters_are_refused_before_a_run_is_made(
    service: SchedulingService, parameters: dict[str, Any], message: str
) -> None:
    before = service.runs()
    with pytest.raises(ParameterError, match=message):
        service.run(flows.no_return, parameters)
    assert service.runs() == before


@pytest.mark.parametrize(
    ("parameters", "returned"),
    [
        ({"a": 1}, [1, [], {}]),
        ({"a": 1, "options": {"b": 2}}, [1, [], {"b": 2}]),
        ({"a": 1, "others": [5], "options": {"b": 2}}, [1, [5], {"b": 2}]),
    ],
)
def test_a_flow_may_take_any_arguments(
    service: SchedulingService, parameters: dict[str, Any], returned: list[Any]
) -> None:
    assert service.run_and_return(flows.any_arguments, parameters) == returned


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"a": 1, "b": 2}, "unknown parameter 'b', there are: a, options, others"),
        ({"a": 1, "options": 2}, "parameter 'options' is 2, expected object"),
        ({"a": 1, "others": 2}, "parameter 'others' is 2, expected array"),
        ({"a": 1, "options": {"b": "c"}}, "parameter 'options' is {'b': 'c'}: at b: .* number"),
    ],
)
def test_any_arguments_are_still_checked(
    service: SchedulingService, parameters: dict[str, Any], message: str
) -> None:
    before = service.runs()
    with pytest.raises(ParameterError, match=message):
        service.run(flows.any_arguments, parameters)
    assert service.runs() == before


def test_the_history_tells_of_runs_tasks_and_logs(service: SchedulingService) -> None:
    run_id = ended(service, flows.talking_flow, run_name="shift-1", tags=["md"]).id
    run = service.run_info(run_id[:8])
    assert (run.name, run.tags, run.run_count) == ("shift-1", ("md",), 1)
    assert run.started is not None
    assert run.ended is not None
    assert run.created <= run.started <= run.ended
    (line,) = [line for line in service.logs(run_id) if line.level == 30]
    assert (line.message, line.run_id) == ("the beam is unstable", run_id)
    run_id = ended(service, flows.sync_flow).id
    soon(lambda: _tasks(service, run_id), [("add", "COMPLETED", 1)])


def test_a_retried_task_is_one_task_run_with_its_attempts(service: SchedulingService) -> None:
    run_id = ended(service, flows.retrying_task).id
    soon(lambda: _tasks(service, run_id), [("flaky_task", "COMPLETED", 3)])
    assert ended(service, flows.retrying_flow).run_count == 2


def _tasks(service: SchedulingService, run_id: str) -> list[tuple[str, str, int]]:
    return [(run.task_name, run.state_type, run.run_count) for run in service.task_runs(run_id)]


@SAMPLE
def test_registered_flows_are_found_and_loaded(service: SchedulingService) -> None:
    record = service.register_flow(flows.sync_flow, "linac", image="img:1", labels=["tests"])
    assert service.record("sync-flow", "linac") == record
    assert (record.entrypoint, record.labels) == ("engine_flows:sync_flow", ("tests",))
    assert service.register_flow("engine_flows:sync_flow", "linac", labels=["tests"]) != record
    assert (
        service.register_flow(flows.sync_flow, "linac", image="img:1", labels=["tests"]) == record
    )
    assert [task.name for task in record.tasks] == ["add"]
    assert service.load_flow("sync-flow", "linac") is flows.sync_flow
    # There is no such image.
    record = service.register_flow(flows.sync_flow, "linac", labels=["tests"])
    assert service.run_and_return(record, {"x": 4}) == 5
    assert service.runs(project_name="linac")[0].flow_name == "sync-flow"
    assert service.runs(project_name="no-such") == []
    with pytest.raises(FlowNotFoundError, match=r"no flow 'sync-flow' in project 'ring'.*'linac'"):
        service.record("sync-flow", "ring")
    with pytest.raises(FlowNotFoundError, match=r"'syncflow'.*did you mean 'sync-flow'\?"):
        service.record("syncflow", "linac")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda s: s.run(flows.sync_flow, {}, color=1),
            InputError,
            "color=1.*a run takes: .*labels, .*run_n",
        ),
        (lambda s: s.run(flows.sync_flow, tags=3), InputError, "tags=3: .*a run takes: .*labels, "),
        (lambda s: s.run(flows.sync_flow, [1]), ParameterError, "are of type list; give a dict"),
        (lambda s: s.run(flows.sync_flow, {1: 1}), ParameterError, "must be text; .* not: 1"),
        (lambda s: s.run(print, {}), InputError, "is of type builtin.*give a Prefect flow"),
        (lambda s: s.register_flow(print, "p"), InputError, "is of type builtin.*give a Prefect"),
        (lambda s: s.register_flow(flows.sync_flow, None), InputError, "None is no project name"),
        (lambda s: s.record(3, "p"), FlowNotFoundError, "flow 3 in project 'p': both .* text"),
    ],
)
def test_arguments_of_wrong_types_are_refused(
    service: SchedulingService, call: Any, error: type[Exception], message: str
) -> None:
    before = (service.runs(), service.records())
    with pytest.raises(error, match=message):
        call(service)
    assert (service.runs(), service.records()) == before


@pytest.mark.parametrize("name", ["", " ", "a/b", "a%", "<a>"])
def test_a_project_needs_a_name_that_prefect_allows(service: SchedulingService, name: str) -> None:
    with pytest.raises(InputError, match=r"is no project name; .* none of % & / < >"):
        service.create_project(name)


def test_a_refused_registration_leaves_nothing(service: SchedulingService) -> None:
    @prefect.flow
    def inner() -> None: ...

    with pytest.raises(FlowNotFoundError, match=r"'inner' .* is not an attribute of a module"):
        service.register_flow(inner, "never")
    assert "never" not in service.projects()
    assert service.records("never") == []


def test_threads_run_flows_side_by_side(service: SchedulingService) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(
            pool.map(lambda i: service.run_and_return(flows.sync_flow, {"x": i}), range(6))
        )
    assert results == [i + 1 for i in range(6)]


def test_an_async_program_runs_sync_and_async_flows(service: SchedulingService) -> None:
    async def program() -> list[Any]:
        return [
            service.run_and_return(flows.sync_flow, {"x": 1}),
            service.run_and_return(flows.async_flow, {"x": 2}),
        ]

    assert asyncio.run(program()) == [2, 3]


def test_projects_are_kept(service: SchedulingService) -> None:
    service.create_project("empty")
    service.create_project("empty")
    service.register_flow(flows.sync_flow, "full")
    assert {"empty", "full"} <= set(service.projects())


@SAMPLE
def test_who_waits_too_long_is_told(service: SchedulingService) -> None:
    # Backends share a server, and with it the runs.
    name = f"waited-for-{secrets.token_hex(3)}"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(service.run, flows.endless_flow, run_name=name)
        soon(lambda: [run.state_name for run in _named(service, name)], ["Running"])
        (run,) = _named(service, name)
        with pytest.raises(RunTimeoutError, match=r"'endless-flow' is Running after 0\.3 s"):
            service.wait(run.id, timeout=0.3)
        service.cancel(run.id)
        assert service.wait(run.id, timeout=300).state_name == "Cancelled"
        running.exception(300)


def _named(service: SchedulingService, name: str) -> list[RunInfo]:
    return [run for run in service.runs() if run.name == name]
