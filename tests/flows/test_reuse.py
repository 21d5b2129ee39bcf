"""Which flows of a composition run again: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flow_records import NUMBER, by_name, flow_record
from hypothesis import given
from hypothesis import strategies as st

from lume_services.flows.plan import Plan, make_plan
from lume_services.flows.reuse import Step, decide
from lume_services.services.scheduling.run import RunInfo
from lume_services.services.scheduling.schema.flow_of_flows_schema import read_specification

PARENTS: dict[str, tuple[str, ...]] = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
GIVEN = {"a": {"k": 1}, "b": {}, "c": {}, "d": {"k": [1, {"x": None}]}}

STATES = ["Completed", "Failed", "Running"]


def plan(version: str | None = None) -> Plan:
    """A diamond of flows: each has a parameter k, and one for each parent."""
    records = [
        replace(
            flow_record(name, {"k": {"default": 7}} | dict.fromkeys(parents, NUMBER)),
            version=version,
        )
        for name, parents in PARENTS.items()
    ]
    flows = [
        {
            "name": name,
            "project_name": "test",
            "mapped_parameters": {
                parent: {"parent_flow_name": parent, "parent_project_name": "test"}
                for parent in parents
            },
        }
        for name, parents in PARENTS.items()
    ]
    specification = {"name": "all", "project_name": "test", "composing_flows": flows}
    return make_plan(read_specification(specification), by_name(*records))


def run(name: str, state: str = "Completed", **changes: Any) -> RunInfo:
    mapped: dict[str, Any] = dict.fromkeys(PARENTS[name], 0.5)
    return replace(
        RunInfo(
            id=f"run-of-{name}",
            name=name,
            flow_name=name,
            project_name="test",
            state_type=state.upper(),
            state_name=state,
            message=None,
            parameters={**GIVEN[name], **mapped},
            created=datetime(2026, 1, 1, tzinfo=UTC),
            entrypoint=f"m:{name}",
        ),
        **changes,
    )


def all_but(**runs: RunInfo | None) -> dict[str, RunInfo]:
    found = {name: run(name) for name in PARENTS} | runs
    return {name: each for name, each in found.items() if each is not None}


def reasons(steps: tuple[Step, ...]) -> dict[str, str]:
    return {step.flow_name: step.reason for step in steps if step.run_id is None}


def test_what_ended_well_is_used() -> None:
    steps = decide(plan(), GIVEN, all_but())
    assert steps == tuple(Step(name, "it has ended well", f"run-of-{name}") for name in PARENTS)


@pytest.mark.parametrize("state", ["Failed", "Crashed", "Cancelled", "Cancelling"])
def test_what_ended_badly_runs_with_all_that_takes_its_results(state: str) -> None:
    steps = decide(plan(), GIVEN, all_but(b=run("b", state), d=None))
    assert [step.run_id for step in steps] == ["run-of-a", None, "run-of-c", None]
    assert reasons(steps) == {"b": f"it was {state}", "d": "it has not run"}


def test_what_still_runs_is_waited_for() -> None:
    steps = decide(plan(), GIVEN, all_but(c=run("c", "Running"), d=None))
    assert steps[2] == Step("c", "it still runs", "run-of-c")
    assert reasons(steps) == {"d": "it has not run"}


def test_a_changed_parameter_reaches_the_descendants() -> None:
    steps = decide(plan(), {**GIVEN, "b": {"k": 8}}, all_but())
    assert reasons(steps) == {
        "b": "parameter k is 8 and was 7",
        "d": "it takes results of b",
    }
    assert reasons(decide(plan(), {**GIVEN, "b": {"k": 7}}, all_but())) == {}
    assert reasons(decide(plan(), {**GIVEN, "d": {"k": [1, {"x": 0}]}}, all_but())) == {
        "d": 'parameter k is [1, {"x": 0}] and was [1, {"x": null}]'
    }
    assert list(reasons(decide(plan(), {**GIVEN, "a": {"k": True}}, all_but()))) == list(PARENTS)


def test_a_newer_version_reaches_the_descendants() -> None:
    old = {name: run(name, version="1.1") for name in PARENTS}
    steps = decide(plan("1.1"), GIVEN, {**old, "b": run("b", version="1.0")})
    assert reasons(steps) == {
        "b": "version is 1.1 and was 1.0",
        "d": "it takes results of b",
    }
    assert decide(plan("1.1"), GIVEN, {"a": run("a")})[0].reason == "version is 1.1 and was unknown"
    unknown = {name: run(name, entrypoint=None) for name in PARENTS}
    assert reasons(decide(plan("1.1"), GIVEN, unknown)) == {}


def test_another_place_of_the_code_counts_as_another_version() -> None:
    steps = decide(plan(), GIVEN, all_but(d=run("d", "Failed", entrypoint="old:d")))
    assert reasons(steps) == {"d": "it was Failed; entrypoint is m:d and was old:d"}
    steps = decide(plan(), GIVEN, all_but(d=run("d", image="lab:1")))
    assert reasons(steps) == {"d": "image is unknown and was lab:1"}


@given(states=st.dictionaries(st.sampled_from("abcd"), st.sampled_from(STATES)))
def test_nothing_is_used_that_takes_results_of_what_runs(states: dict[str, str]) -> None:
    steps = decide(plan(), GIVEN, {name: run(name, state) for name, state in states.items()})
    used = {step.flow_name for step in steps if step.run_id}
    assert [step.flow_name for step in steps] == list(PARENTS)
    for name, parents in PARENTS.items():
        usable = states.get(name) in {"Completed", "Running"}
        assert (name in used) == (usable and used.issuperset(parents))
