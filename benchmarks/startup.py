"""What an import and a look at the help cost."""

from __future__ import annotations

import sys

from benchmarks import processes, table
from benchmarks.processes import interleaved
from benchmarks.table import Row
from benchmarks.text import COMMAND

BARE, IMPORT, HELP = "python -c pass", "import lume_services", "lume-services --help"


def main(quick: bool) -> None:
    commands = {
        BARE: [sys.executable, "-c", "pass"],
        IMPORT: [sys.executable, "-c", "import lume_services"],
        HELP: [COMMAND, "--help"],
    }
    usages = interleaved(commands, repeats=1 if quick else 15)
    processes.show(usages)
    over = (usages[IMPORT].wall - usages[BARE].wall) * 1000
    table.show(
        [
            Row("import lume_services over bare Python", over, "ms", 50),
            Row("lume-services --help", usages[HELP].wall, "s", 0.3),
        ]
    )
