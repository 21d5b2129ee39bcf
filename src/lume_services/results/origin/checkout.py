"""The git checkout that a module's file is in."""

from __future__ import annotations

import functools
import os
import subprocess
import time
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_SECONDS = 3.0
# No hook and no file-system watcher of the repository runs, and nothing is written.
_GIT = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


@dataclass(frozen=True)
class Checkout:
    """What a checkout was when this process first asked.

    Parameters
    ----------
    commit
        The commit that is checked out.
    dirty
        Whether files of it have changed since; None if that took too long to find out.
    """

    commit: str
    dirty: bool | None


@functools.cache
def of(file: str) -> Checkout | None:
    """Return the checkout that a file belongs to, or None.

    None also where git is missing, does not answer within seconds, or refuses because the
    checkout belongs to somebody else. A file that git ignores belongs to no checkout.

    Parameters
    ----------
    file
        Path of a Python file.
    """
    path = Path(file).resolve()
    if not any((parent / ".git").exists() for parent in path.parents):
        return None
    deadline = time.monotonic() + _SECONDS
    head = _git(path, deadline, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        return None
    if not _git(path, deadline, "ls-files", "--", path.name):
        if _git(path, deadline, "check-ignore", "--", path.name):
            return None
        return Checkout(head, dirty=True)
    changed = _git(path, deadline, "status", "--porcelain", "--untracked-files=no")
    return Checkout(head, dirty=None if changed is None else bool(changed))


def _git(path: Path, deadline: float, *arguments: str) -> str | None:
    """Return what git prints; None if it failed or took too long."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and the file's name follows --
            [*_GIT, *arguments],
            cwd=path.parent,
            env={**ours, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=max(0.01, deadline - time.monotonic()),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def source_file(entrypoint: str | None) -> Path | None:
    """Return the file that an entrypoint names, nothing imported; None if it is not here."""
    place = (entrypoint or "").rpartition(":")[0]
    path = Path(place if place.endswith(".py") else _module_file(place))
    return path if path.suffix == ".py" and os.path.isfile(path) else None  # noqa: PTH113


def _module_file(name: str) -> str:
    # importlib.util.find_spec would import the packages, and a document names them.
    parts = name.split(".")
    spec: ModuleSpec | None = None
    for number in range(1, len(parts) + 1):
        folders = spec.submodule_search_locations if spec else None
        if number > 1 and folders is None:
            return ""
        spec = PathFinder.find_spec(".".join(parts[:number]), folders)
    return (spec.origin or "") if spec else ""
