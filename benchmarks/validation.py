"""What validating a large flow-of-flows file costs."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks import table
from benchmarks.clock import interleaved_seconds
from benchmarks.compositions import register_many, tree
from benchmarks.table import Row
from lume_services import FlowOfFlows


def main(quick: bool) -> None:
    count = 11 if quick else 1001
    register_many(count)
    specification = tree(count)
    file = Path("large.yaml")
    file.write_text(yaml.safe_dump(specification, sort_keys=False))
    calls = {
        "from a file": lambda: FlowOfFlows.from_yaml(file),
        "from a dictionary": lambda: FlowOfFlows.from_yaml(specification),
    }
    took = interleaved_seconds(calls, 1 if quick else 7)
    size = f"{count} flows, {2 * (count - 1)} mappings"
    table.show(Row(f"{size}, {label}", time, "s", 0.5) for label, time in took.items())
