"""Names, tags, logs, parameters and what a run knows of itself."""

from __future__ import annotations

import logging
from typing import Any

from cases import Case, note
from prefect import flow, get_run_logger, runtime, tags, task
from prefect.context import get_run_context
from pydantic import BaseModel, Field


@task(task_run_name="scan of {quadrupole}")
def scan(quadrupole: str) -> str:
    return str(runtime.task_run.name)


@flow(flow_run_name="shift {number} at {place}")
def named_by_template(number: int, place: str = "linac") -> list[Any]:
    return [runtime.flow_run.name, scan("q1"), scan.submit("q2").result()]


def name_of_run() -> str:
    return f"run of {runtime.flow_run.flow_name}"


@flow(flow_run_name=name_of_run)
def named_by_function() -> str:
    return str(runtime.flow_run.name)


@flow(name="orbit correction", version="2", description="Steers.")
def described() -> list[Any]:
    run = runtime.flow_run
    return [run.flow_name, run.flow_version, run.run_count, run.parameters]


@task
def of_task() -> list[Any]:
    run = runtime.task_run
    return [run.task_name, run.run_count, run.parameters, runtime.flow_run.flow_name]


@flow
def child_knows_its_parent() -> list[Any]:
    run = runtime.flow_run
    return [run.parent_flow_run_id is not None, run.root_flow_run_id == run.parent_flow_run_id]


@flow
def knowing_itself() -> list[Any]:
    same = str(get_run_context().flow_run.id) == runtime.flow_run.id  # type: ignore[union-attr]
    top = runtime.flow_run.parent_flow_run_id is None
    return [same, top, of_task(), of_task.submit().result(), child_knows_its_parent()]


@task(tags=["own"])
def tags_of_task() -> list[str]:
    return sorted(runtime.task_run.tags)


@flow
def tags_of_child() -> list[str]:
    return sorted(runtime.flow_run.tags)


@flow
def tagged() -> list[list[str]]:
    with tags("a", "b"):
        return [tags_of_task(), tags_of_task.submit().result(), tags_of_child()]


@task(log_prints=True)
def printing_task() -> None:
    print("from the task")


class Noting(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note(f"{record.name} {record.levelname} {record.getMessage()}")


@flow(log_prints=True)
def logging_flow() -> None:
    handler = Noting(level=logging.INFO)
    loggers = [logging.getLogger(f"prefect.{kind}_runs") for kind in ("flow", "task")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        print("printed")
        get_run_logger().warning("the beam is unstable")
        printing_task()
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class Twiss(BaseModel):
    beta: float = Field(gt=0)
    alpha: float = 0.0


@flow
def coerced(n: int, xs: list[float], twiss: Twiss) -> list[Any]:
    return [n, xs, twiss.beta, type(twiss).__name__]


@flow(validate_parameters=False)
def not_coerced(n: int) -> str:
    return repr(n)


@flow
def defaults(n: int = 1, *, unit: str = "mm") -> list[Any]:
    return [n, unit]


@flow
def any_keywords(**options: Any) -> dict[str, Any]:
    return options


NO_INTEGER = (
    "ParameterTypeError: Flow run received invalid parameters:\n"
    " - n: Input should be a valid integer, unable to parse string as an integer"
)
NOT_POSITIVE = (
    "ParameterTypeError: Flow run received invalid parameters:\n"
    " - twiss.beta: Input should be greater than 0"
)
NO_SUCH = (
    "SignatureMismatchError: Function expects parameters ['n', 'unit'] "
    "but was provided with parameters ['m']"
)

CASES = [
    Case(
        named_by_template,
        {"number": 7},
        ["shift 7 at linac", "scan of q1", "scan of q2"],
        tasks=["scan Completed 1"] * 2,
    ),
    Case(named_by_function, {}, "run of named-by-function"),
    Case(described, {}, ["orbit correction", "2", 1, {}]),
    Case(
        knowing_itself,
        {},
        [
            True,
            True,
            ["of_task", 1, {}, "knowing-itself"],
            ["of_task", 1, {}, "knowing-itself"],
            [True, True],
        ],
        tasks=["of_task Completed 1"] * 2,
        children=["child-knows-its-parent Completed 1"],
    ),
    Case(
        tagged,
        {},
        [["a", "b", "own"], ["a", "b", "own"], ["a", "b"]],
        tasks=["tags_of_task Completed 1"] * 2,
        children=["tags-of-child Completed 1"],
    ),
    Case(
        logging_flow,
        {},
        None,
        tasks=["printing_task Completed 1"],
        notes=[
            "prefect.flow_runs INFO printed",
            "prefect.flow_runs WARNING the beam is unstable",
            "prefect.task_runs INFO from the task",
            "prefect.task_runs INFO Finished in state Completed()",
        ],
    ),
    Case(
        coerced,
        {"n": "3", "xs": ["1", 2], "twiss": {"beta": "5"}},
        [3, [1.0, 2.0], 5.0, "Twiss"],
        checked_by_service=False,
    ),
    Case(
        coerced,
        {"n": 3, "xs": [1, 2], "twiss": {"beta": 5}},
        [3, [1.0, 2.0], 5.0, "Twiss"],
    ),
    Case(
        coerced,
        {"n": "much", "xs": [], "twiss": {"beta": 5}},
        NO_INTEGER,
        "Failed",
        attempts=0,
        checked_by_service=False,
    ),
    Case(
        coerced,
        {"n": 3, "xs": [], "twiss": {"beta": -5}},
        NOT_POSITIVE,
        "Failed",
        attempts=0,
        checked_by_service=False,
    ),
    Case(not_coerced, {"n": "much"}, "'much'", checked_by_service=False),
    Case(defaults, {}, [1, "mm"]),
    Case(defaults, {"n": 2, "unit": "m"}, [2, "m"]),
    Case(any_keywords, {"a": 1, "b": [2]}, {"a": 1, "b": [2]}, checked_by_service=False),
]
