"""No file of the project depends on the machine or on the registry where it was written."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Two folders are those of the image.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:opt(?!/(?:lume|extra)\b)|root|Users|work)/\w")
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|(?:^|\s)--(?:extra-)?index-url|--find-links")


def text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and path != Path(__file__)]


def lines_that_match(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in text_files():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        numbered = enumerate(lines, start=1)
        found += [f"{path.relative_to(ROOT)}:{n}" for n, line in numbered if pattern.search(line)]
    return found


def test_no_path_of_a_machine() -> None:
    assert lines_that_match(MACHINE_PATH) == []


def test_no_package_registry() -> None:
    assert lines_that_match(REGISTRY) == []
