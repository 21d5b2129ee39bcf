"""What a task costs inside a flow."""

from __future__ import annotations

from benchmarks import table
from benchmarks.clock import median_times
from benchmarks.compositions import PROJECT, register
from benchmarks.table import Row
from lume_services import config


def main(quick: bool) -> None:
    count = 10 if quick else 1000
    register("tasks")
    scheduling = config.current().scheduling
    record = scheduling.record("tasks", PROJECT)

    def run(tasks: int) -> float:
        run_id = scheduling.run(record, {"count": tasks})
        return float(scheduling.get_result(run_id))

    run(count)
    empty, _ = median_times(lambda: run(0), 5)
    clock, processor = median_times(lambda: run(count), 1 if quick else 5)
    table.show(
        [
            Row(f"a task, {count} in one flow", clock / count * 1000, "ms", 1),
            Row(f"a task, {count} in one flow, processor time", processor / count * 1000, "ms"),
            Row("the flow without a task", empty * 1000, "ms"),
        ]
    )
