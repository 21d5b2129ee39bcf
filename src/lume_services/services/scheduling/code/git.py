"""Takes commits from git repositories with the program ``git``."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from lume_services.errors import InputError, SchedulingError
from lume_services.services.scheduling.nearest import hint

TIMEOUT_SECONDS = 300
_BRANCH, _TAG, _PEELED = "refs/heads/", "refs/tags/", "^{}"


def commit_of(url: str, ref: str | None) -> str:
    """Return the commit that a branch or tag of a repository stands for now.

    Parameters
    ----------
    url
        Address of the repository.
    ref
        Branch or tag; None is the default branch.

    Raises
    ------
    InputError
        If there is no such branch or tag.
    SchedulingError
        If git is not installed, or the repository cannot be read.
    """
    lines = (line.split("\t") for line in _git("ls-remote", "--", url, url=url).splitlines())
    refs = {name: commit for commit, name in lines}
    # An annotated tag is an object of its own, and stands for the commit behind it.
    wanted = ["HEAD"] if ref is None else [_TAG + ref + _PEELED, _TAG + ref, _BRANCH + ref]
    for name in wanted:
        if name in refs:
            return refs[name]
    known = [name.removeprefix(_BRANCH).removeprefix(_TAG) for name in refs]
    names = [name for name in known if name != "HEAD" and not name.endswith(_PEELED)]
    raise InputError(
        f"the git repository {url} has no branch or tag {ref or 'HEAD'!r}; "
        f"{hint(ref or '', names)} A commit is given by all of its characters."
    )


def copy_of(url: str, commit: str, folder: Path) -> Path:
    """Return a checkout of a commit, without the others; it is made at the first call.

    Parameters
    ----------
    url
        Address of the repository.
    commit
        The commit's whole name.
    folder
        Where copies are kept.

    Raises
    ------
    SchedulingError
        If git is not installed, the repository cannot be read, or has no such commit.
    """
    copies = folder / hashlib.sha256(url.encode()).hexdigest()[:16]
    copy = copies / commit
    if copy.is_dir():
        return copy
    copies.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=copies) as name:
        new = Path(name) / "files"
        _check_out(url, commit, new)
        try:
            new.rename(copy)
        except OSError:
            # Another process was faster, and has the same files.
            if not copy.is_dir():
                raise
    return copy


def _check_out(url: str, commit: str, folder: Path) -> None:
    _git("init", "--quiet", str(folder), url=url)
    try:
        _git("fetch", "--quiet", "--depth=1", "--", url, commit, url=url, folder=folder)
    except SchedulingError:
        # Some servers give branches and tags only, so these are taken with all their commits.
        refs = (f"+{_BRANCH}*:{_BRANCH}*", f"+{_TAG}*:{_TAG}*")
        _git("fetch", "--quiet", "--update-head-ok", "--", url, *refs, url=url, folder=folder)
    try:
        _git("checkout", "--quiet", "--detach", commit, url=url, folder=folder)
    except SchedulingError as error:
        raise SchedulingError(
            f"the git repository {url} has no commit {commit}, or not any more; register the flow "
            "with one that it has."
        ) from error


def _git(*arguments: str, url: str, folder: Path | None = None) -> str:
    """Run git in a folder and return what it writes; nobody is asked for a password."""
    program = shutil.which("git")
    if program is None:
        raise SchedulingError(
            f"git is not installed on {socket.gethostname()}, which the code of a flow in the git "
            f"repository {url} needs; install it there."
        )
    # Those of a git that has started this process would name its own repository.
    inherited = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"}
    kept = {name: text for name, text in os.environ.items() if name not in inherited}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes", "LC_ALL": "C"}
    # Of the other protocols, one runs any command that the address names.
    allowed = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
    try:
        done = subprocess.run(  # noqa: S603
            [program, *arguments],
            cwd=folder,
            env={**quiet, **kept, **allowed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        said = f"nothing came for {TIMEOUT_SECONDS} s"
    else:
        if done.returncode == 0:
            return done.stdout
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
    raise SchedulingError(
        f"git {arguments[0]} of the repository {url} failed on {socket.gethostname()}: {said}. "
        "Check the address, and that git has what it needs there to read it."
    )
