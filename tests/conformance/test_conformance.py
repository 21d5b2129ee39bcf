"""The engine on the embedded API does what it does on a Prefect server.

Each case is one flow with all that must be seen of its run: result or exception, final state,
attempts, task runs, child runs and side effects. It is run inside ``local_engine()``, by the
scheduling service, against a real server, and by the workers of each backend on a server. What
Prefect's documentation shows is here:

==================================================  ===========================================
Documented                                          Case
==================================================  ===========================================
A flow that calls a task                            plain
Asynchronous flows and tasks                        asynchronous, asynchronous_calls_both
Nested flows                                        three_deep
Child flows side by side                            gathering
Flows as methods                                    Lattice.of_an_object, Lattice.of_a_class
Generators                                          taking_from_a_generator, ..._an_async_...
Submitting a task                                   submitting
Mapping, and values that are not mapped             mapping, mapping_pairs
Waiting for other tasks                             waiting_for_others, as_they_complete
Task runners                                        in_threads, in_processes, in_dask_threads
Tasks inside tasks                                  calling_in_a_task
An exception fails the run                          failing_in_a_task, failing_in_a_child
Final state by returned futures or states           submitted_failure_decides, decided_by_states
Final state returned by the flow                    declared_completed, declared_failed
``return_state``                                    looking_at_states
Upstream failures, and allowing them                not_run_after_a_failure, failure_allowed
Hooks on states                                     ... with hooks, tasks_with_hooks
Retries of tasks and flows                          task_is_retried, flow_is_retried
Delays: one, a list, exponential, with jitter       task_waits_before_retries, task_backs_off, ...
Retry conditions                                    condition_allows, condition_forbids
Timeouts                                            flow_takes_too_long, task_takes_too_long
Caching needs persisted results                     not cached unless persisted
Cache policies, alone and added up                  default policy ..., by inputs in two runs, ...
Caching by a part of the inputs                     without_one_input
Caching by a function, with expiration, refreshed   same_parity, expiring, refreshed
Completed child flows when a parent is retried      persisted_child_is_reused, child_is_run_again
Transactions, rollback, commit, keys, values        rolling_back, committing, once_by_key, ...
Names of runs, and what a run knows of itself       named_by_template, knowing_itself
Tags                                                tagged
Logging and prints                                  logging_flow
Parameters: validated, coerced, Pydantic, not       coerced, not_coerced, any_keywords
Variables                                           variables
Artifacts                                           artifacts
Concurrency and rate limits that do not exist       one_at_a_time, strict_about_limits
==================================================  ===========================================
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from cases import PREFECT, Case, Seen
from observing import Api
from registered_cases import CASES, DASK_CASES

from servers.backends import Backend, chosen

SAMPLE = frozenset(
    {
        "asynchronous-calls-both",
        "crashing-in-a-child",
        "failing-in-a-task",
        "flow-is-retried",
        "in-processes",
        "knowing-itself",
        "three-deep",
    }
)
"""The flows that costly backends run too."""


def combinations() -> list[Any]:
    """Return each case on each API, the server last so that its start is waited for once."""
    # Against a server, and before 3.8.7 where it reads what it has kept, Prefect's clients
    # leave sockets for the garbage collector to close.
    leaky = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    everywhere = PREFECT < (3, 8, 7)
    return [
        pytest.param(
            api,
            case,
            id=f"{api}-{case.flow.name}",
            marks=[leaky] if everywhere or api == "server" else [],
        )
        for api in ("engine", "service", "server")
        for case in CASES
        if case.checked_by_service or api != "service"
    ]


@pytest.mark.parametrize(("api", "case"), combinations(), indirect=["api"])
def test_a_flow_ends_as_written_down(api: Api, case: Case) -> None:
    assert api.observe(case) == case.expected


def on_workers() -> list[Any]:
    """Return each case on each backend that has workers, a backend's one after the other."""
    return [
        pytest.param(backend, case, id=f"{backend}-{case.flow.name}")
        for backend in chosen(sample=True)
        if backend.worker is not None
        for case in CASES
        if case.checked_by_service
        and backend in chosen(sample=case.flow.name in SAMPLE)
        and not (backend.costly and case in DASK_CASES)
    ]


@pytest.mark.parametrize(("backend", "case"), on_workers())
def test_a_flow_ends_so_on_a_worker(
    observed: Callable[[Backend], dict[Case, Future[Seen]]], backend: Backend, case: Case
) -> None:
    assert observed(backend)[case].result() == case.expected
