"""The text example: ours, Prefect's own server, the import alone, no engine, other engines."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from benchmarks import processes, table
from benchmarks.environment import REPOSITORY
from benchmarks.processes import interleaved
from benchmarks.table import Row

PROGRAMS = Path(__file__).with_name("programs")
COMMAND = str(Path(sys.executable).with_name("lume-services"))
OURS = "ours, flow-of-flows"
SERVER = "Prefect subflows, ephemeral server"
IMPORT = "from prefect import flow"
# Where each is timed if it is installed: package and program.
OTHERS = {"jobflow": "jobflow_text.py", "dagster": "dagster_text.py"}


def main(quick: bool) -> None:
    prepare()
    commands = {
        OURS: program("ours_text.py"),
        SERVER: program("prefect_text.py"),
        IMPORT: program("import_prefect.py"),
        "plain Python and sqlite3": program("plain_text.py"),
    }
    commands |= {
        f"{package}, in process": program(name)
        for package, name in OTHERS.items()
        if find_spec(package)
    }
    usages = interleaved(commands, repeats=1 if quick else 5, expected="True")
    processes.show(usages)
    for package in OTHERS:
        if not find_spec(package):
            print(f"  {package}: not installed")
    table.show(ratios(usages))


def prepare() -> None:
    """Copy the example here and register its flows, which a user does once."""
    for name in ("flows.py", "flow_of_flows.yaml"):
        shutil.copy(REPOSITORY / "examples" / "text" / name, name)
    for name in ("flow1", "flow2", "flow3"):
        processes.run([COMMAND, "register", f"flows.py:{name}", "--project", "test"])


def program(name: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / name)]


def ratios(usages: dict[str, processes.Usage]) -> list[Row]:
    ours, server, alone = usages[OURS], usages[SERVER], usages[IMPORT]
    return [
        Row("wall: server / ours", server.wall / ours.wall, "times", 7, at_least=True),
        Row("wall: ours / import of Prefect", ours.wall / alone.wall, "times", 1.4),
        Row("cpu: server / ours", server.cpu / ours.cpu, "times"),
        Row("cpu: ours / import of Prefect", ours.cpu / alone.cpu, "times"),
        Row("peak memory: server / ours", server.peak / ours.peak, "times"),
        Row("peak memory: ours / import of Prefect", ours.peak / alone.peak, "times"),
    ]
