"""Time what a user waits for and print one table for each section.

Each section runs in a process of its own, in a throw-away home.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile

from benchmarks.environment import clean_environment

SECTIONS = {
    "text": "the three-flow text example, in fresh processes",
    "startup": "import and --help, in fresh processes",
    "flows": "child flows of a flow-of-flows",
    "tasks": "tasks of one flow",
    "testing": "tests of a small flow, in fresh processes",
    "validation": "a large flow-of-flows file",
    "files": "large arrays as files",
    "server": "from submission to result on a Prefect server",
    "waiting": "many runs at once on a Prefect server",
    "docker": "flows in containers",
    "kubernetes": "flows as Jobs of Kubernetes",
    "results": "many small database results",
    "stores": "many small database results in SQLite and PostgreSQL, of a thousand to a million",
    "mongodb": "many small database results in MongoDB",
    "values": "large arrays in database results",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("section", nargs="*", help="; ".join(map(": ".join, SECTIONS.items())))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    options = parser.parse_args()
    unknown = set(options.section) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {' '.join(sorted(unknown))}; there are {' '.join(SECTIONS)}")
    failed = [name for name in options.section or SECTIONS if not run(name, options.quick)]
    if failed:
        print(f"failed: {' '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(section: str, quick: bool) -> bool:
    print(f"\n{section}: {SECTIONS[section]}", flush=True)
    command = [sys.executable, "-m", "benchmarks.section", section]
    with tempfile.TemporaryDirectory(prefix="lume-bench-") as directory:
        ended = subprocess.run(
            [*command, "--quick"] if quick else command,
            cwd=directory,
            env=clean_environment(directory),
            check=False,
        )
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
