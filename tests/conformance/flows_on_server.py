"""What a Prefect server keeps or bounds besides runs."""

from __future__ import annotations

from typing import Any

from cases import Case
from prefect import flow, task
from prefect.artifacts import (
    Artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.concurrency.asyncio import concurrency as concurrency_async
from prefect.concurrency.sync import concurrency, rate_limit
from prefect.variables import Variable


@flow
def variables() -> list[Any]:
    Variable.unset("conformance_energy")
    seen = [Variable.get("conformance_energy", default=1)]
    Variable.set("conformance_energy", {"GeV": 4}, tags=["linac"])
    seen.append(Variable.get("conformance_energy"))
    Variable.set("conformance_energy", 5, overwrite=True)
    try:
        Variable.set("conformance_energy", 6)
    except ValueError as error:
        seen.append(str(error).partition(".")[0])
    return [*seen, Variable.get("conformance_energy"), Variable.unset("conformance_energy")]


@flow
async def async_variables() -> list[Any]:
    await Variable.aset("conformance_async", "a", overwrite=True)
    return [await Variable.aget("conformance_async"), await Variable.aunset("conformance_async")]


@task
def report() -> None:
    create_markdown_artifact("# Orbit", key="orbit", description="first")
    create_markdown_artifact("# Orbit 2", key="orbit")


@flow
def artifacts() -> list[Any]:
    create_table_artifact([{"quadrupole": "q1", "k1": 0.5}], key="magnets")
    create_link_artifact("https://example.org", key="logbook", link_text="log")
    report()
    progress = create_progress_artifact(10.0, key="scan")
    update_progress_artifact(progress, 60.0)
    kept = [Artifact.get(key) for key in ("magnets", "logbook", "orbit", "scan", "no-such")]
    first = kept[0]
    assert first is not None
    return [each and [each.type, each.data] for each in kept] + [
        first.flow_run_id is not None,
        kept[2].task_run_id is not None,  # type: ignore[union-attr]
    ]


@flow
async def limits_that_nobody_made() -> int:
    async with concurrency_async("conformance-none", occupy=1):
        return one_at_a_time()


@flow
def one_at_a_time() -> int:
    with concurrency(["conformance-none", "conformance-neither"], occupy=1):
        rate_limit("conformance-none")
        return 1


@flow
def strict_about_limits() -> None:
    with concurrency("conformance-none", strict=True):
        raise AssertionError("not reached")


@task(tags=["database"])
def tagged_task(x: int) -> int:
    return x


@flow
def tagged_tasks() -> list[int]:
    return tagged_task.map([1, 2, 3]).result()


NO_LIMIT = (
    "ConcurrencySlotAcquisitionError: Concurrency limits ['conformance-none'] "
    "must be created before acquiring slots"
)

CASES = [
    Case(
        variables,
        {},
        [1, {"GeV": 4}, "Variable 'conformance_energy' already exists", 5, True],
    ),
    Case(async_variables, {}, ["a", True]),
    Case(
        artifacts,
        {},
        [
            ["table", '[{"quadrupole": "q1", "k1": 0.5}]'],
            ["markdown", "[log](https://example.org)"],
            ["markdown", "# Orbit 2"],
            ["progress", 60.0],
            None,
            True,
            True,
        ],
        tasks=["report Completed 1"],
    ),
    Case(limits_that_nobody_made, {}, 1, children=["one-at-a-time Completed 1"]),
    Case(strict_about_limits, {}, NO_LIMIT, "Failed"),
    Case(tagged_tasks, {}, [1, 2, 3], tasks=["tagged_task Completed 1"] * 3),
]
