"""Time what a user waits for, each in processes of its own, with and without the package."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPEATS = 5
TEXT_FLOWS = Path(__file__).parents[1] / "examples" / "text"
COMMAND = str(Path(sys.executable).with_name("lume-services"))
RUN = [COMMAND, "run", "flow_of_flows.yaml"]
RUN += ["-p", "flow1-text1=a", "-p", "flow1-text2=b", "-p", "flow3-text2=ab"]

# What is timed, and the floor below which it cannot come.
CASES = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import lume_services": [sys.executable, "-c", "import lume_services"],
    "lume-services --help": [COMMAND, "--help"],
    "from prefect import flow": [sys.executable, "-c", "from prefect import flow"],
    "lume-services run, three text flows": RUN,
}


def seconds(command: list[str], directory: str) -> float:
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=directory, check=True, stdout=quiet, stderr=quiet)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.environ["LUME_HOME"] = f"{directory}/home"
        for source in TEXT_FLOWS.iterdir():
            if source.is_file():
                Path(directory, source.name).write_bytes(source.read_bytes())
        for name in ("flow1", "flow2", "flow3"):
            register = [COMMAND, "register", f"text_flows:{name}", "--project", "test"]
            seconds(register, directory)
        print(f"median of {REPEATS}, seconds")
        for label, command in CASES.items():
            times = [seconds(command, directory) for _ in range(REPEATS)]
            print(f"{statistics.median(times):8.2f}  {label}")


if __name__ == "__main__":
    main()
