"""Flows and tasks that fail, crash, are cancelled or say themselves how they ended."""

from __future__ import annotations

from typing import Any

from cases import Case, note
from prefect import allow_failure, flow, task
from prefect.states import Cancelled, Completed, Failed

QUENCH = "ValueError: quench"


@task
def quench() -> None:
    raise ValueError("quench")


@task
def fine() -> str:
    return "fine"


@task
def told(value: Any) -> str:
    return type(value).__name__


@flow
def failing() -> None:
    raise ValueError("quench")


@flow
async def failing_later() -> None:
    raise ValueError("quench")


@flow
def failing_in_a_task() -> None:
    quench()


@flow
def catching() -> str:
    try:
        quench()
    except ValueError as error:
        return f"caught {error}"
    return "not reached"


@flow
def failing_in_a_child() -> None:
    failing()


@flow
def looking_at_states() -> list[str]:
    task_state = quench(return_state=True)
    flow_state = failing(return_state=True)
    return [task_state.name, flow_state.name, str(task_state.result(raise_on_failure=False))]


@flow
def submitted_failure_is_not_looked_at() -> str:
    quench.submit().wait()
    return "done"


@flow
def submitted_failure_decides() -> Any:
    return [fine.submit(), quench.submit()]


@flow
def submitted_failure_is_looked_at() -> None:
    quench.submit().result()


@flow
def not_run_after_a_failure() -> Any:
    before = quench.submit()
    return fine.submit(wait_for=[before])


@flow
def failure_allowed() -> str:
    return told.submit(allow_failure(quench.submit())).result()


@flow
def declared_failed() -> Any:
    return Failed(message="no beam")


@flow
def declared_completed() -> Any:
    return Completed(message="as planned", data=3, name="Tuned")


@flow
def declared_cancelled() -> Any:
    return Cancelled(message="not today")


@flow
def declared_by_task() -> Any:
    @task
    def scan() -> Any:
        return Failed(message="no beam")

    return scan(return_state=True)


@flow
def decided_by_states() -> Any:
    return [fine(return_state=True), quench(return_state=True)]


@flow
def all_states_completed() -> Any:
    return [fine(return_state=True), fine(return_state=True)]


@flow
def several_futures() -> Any:
    return {"a": fine.submit(), "b": fine.submit()}


@flow
def crashing() -> None:
    raise SystemExit(3)


@flow
def crashing_in_a_child() -> None:
    note("before")
    crashing()


@flow
def crashing_in_a_task() -> None:
    @task
    def leave() -> None:
        raise SystemExit(3)

    leave()


def hook(name: str) -> Any:
    def called(what: Any, run: Any, state: Any) -> None:
        note(f"{name} {state.name}")

    return called


EVERY_FLOW_HOOK = {
    f"on_{name}": [hook(name)]
    for name in ("running", "completion", "failure", "cancellation", "crashed")
}
EVERY_TASK_HOOK = {f"on_{name}": [hook(name)] for name in ("running", "completion", "failure")}

completes_with_hooks = flow(name="completes with hooks", **EVERY_FLOW_HOOK)(lambda: fine())
fails_with_hooks = flow(name="fails with hooks", **EVERY_FLOW_HOOK)(lambda: quench())
crashes_with_hooks = flow(name="crashes with hooks", **EVERY_FLOW_HOOK)(crashing.fn)
cancels_with_hooks = flow(name="cancels with hooks", **EVERY_FLOW_HOOK)(declared_cancelled.fn)


@flow
def tasks_with_hooks() -> None:
    task(**EVERY_TASK_HOOK)(fine.fn)()
    task(**EVERY_TASK_HOOK)(quench.fn)(return_state=True)


@flow
def hook_that_fails() -> str:
    return "done"


@hook_that_fails.on_completion
def broken_hook(what: Any, run: Any, state: Any) -> None:
    note("called")
    raise RuntimeError("the hook is broken")


CASES = [
    Case(failing, {}, QUENCH, "Failed"),
    Case(failing_later, {}, QUENCH, "Failed"),
    Case(failing_in_a_task, {}, QUENCH, "Failed", tasks=["quench Failed 1"]),
    Case(catching, {}, "caught quench", tasks=["quench Failed 1"]),
    Case(failing_in_a_child, {}, QUENCH, "Failed", children=["failing Failed 1"]),
    Case(
        looking_at_states,
        {},
        ["Failed", "Failed", "quench"],
        tasks=["quench Failed 1"],
        children=["failing Failed 1"],
    ),
    Case(submitted_failure_is_not_looked_at, {}, "done", tasks=["quench Failed 1"]),
    Case(
        submitted_failure_decides,
        {},
        QUENCH,
        "Failed",
        tasks=["fine Completed 1", "quench Failed 1"],
    ),
    Case(submitted_failure_is_looked_at, {}, QUENCH, "Failed", tasks=["quench Failed 1"]),
    Case(
        not_run_after_a_failure,
        {},
        "RuntimeError: 1/1 states are not final.",
        "Failed",
        tasks=["fine NotReady 0", "quench Failed 1"],
    ),
    Case(failure_allowed, {}, "ValueError", tasks=["quench Failed 1", "told Completed 1"]),
    Case(declared_failed, {}, "FailedRun: no beam", "Failed"),
    Case(declared_completed, {}, 3, "COMPLETED/Tuned"),
    Case(declared_cancelled, {}, "CancelledRun: not today", "Cancelled"),
    Case(declared_by_task, {}, "FailedRun: no beam", "Failed", tasks=["scan Failed 1"]),
    Case(decided_by_states, {}, QUENCH, "Failed", tasks=["fine Completed 1", "quench Failed 1"]),
    Case(all_states_completed, {}, ["fine", "fine"], tasks=["fine Completed 1"] * 2),
    Case(several_futures, {}, {"a": "fine", "b": "fine"}, tasks=["fine Completed 1"] * 2),
    Case(crashing, {}, "SystemExit: 3", "Crashed"),
    Case(
        crashing_in_a_child,
        {},
        "SystemExit: 3",
        "Crashed",
        children=["crashing Crashed 1"],
        notes=["before"],
    ),
    Case(crashing_in_a_task, {}, "SystemExit: 3", "Crashed", tasks=["leave Crashed 1"]),
    Case(
        completes_with_hooks,
        {},
        "fine",
        tasks=["fine Completed 1"],
        notes=["running Running", "completion Completed"],
    ),
    Case(
        fails_with_hooks,
        {},
        QUENCH,
        "Failed",
        tasks=["quench Failed 1"],
        notes=["running Running", "failure Failed"],
    ),
    Case(
        crashes_with_hooks,
        {},
        "SystemExit: 3",
        "Crashed",
        notes=["running Running", "crashed Crashed"],
    ),
    Case(
        cancels_with_hooks,
        {},
        "CancelledRun: not today",
        "Cancelled",
        notes=["running Running"],
    ),
    Case(
        tasks_with_hooks,
        {},
        None,
        tasks=["fine Completed 1", "quench Failed 1"],
        notes=["running Running", "completion Completed", "running Running", "failure Failed"],
    ),
    Case(hook_that_fails, {}, "done", notes=["called"]),
]
