"""The places, besides the environment of a worker, that a flow's code is taken from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from lume_services.errors import FlowNotFoundError, InputError
from lume_services.services.scheduling.code import git

COPIES = "code"
"""The folder of a home that has copies of repositories."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Storage(Protocol):
    """A place of code; a frozen dataclass of JSON values, known by its ``kind``.

    ``resolved`` is called once, when a flow is registered, and ``fetch`` wherever it is
    imported, also in several processes at once. Both block. Errors are `InputError` for what
    was given wrongly, and `FlowNotFoundError` or `SchedulingError` for what cannot be had.
    """

    @property
    def version(self) -> str | None:
        """What tells this code from that of another time; None where nothing does."""

    def resolved(self) -> Storage:
        """Return the storage of the code as it is now."""

    def fetch(self, home: Path) -> Path:
        """Return the folder of this host that modules are imported from.

        What has to be kept for that is kept below ``home``.
        """


@dataclass(frozen=True)
class FolderStorage:
    """A folder that all hosts have at the same path. Its changes hold from the next run on.

    Parameters
    ----------
    folder
        Its path.
    """

    folder: str
    kind: ClassVar[str] = "folder"
    version: ClassVar[str | None] = None

    def __str__(self) -> str:
        return f"the folder {self.folder}"

    def resolved(self) -> FolderStorage:
        """Return the folder by its absolute path."""
        return replace(self, folder=str(Path(self.folder).resolve()))

    def fetch(self, home: Path) -> Path:
        """Return the folder."""
        del home
        folder = Path(self.folder)
        if not folder.is_dir():
            raise FlowNotFoundError(
                f"the flow's code is to be in the folder {self.folder!r}, which this host does not "
                "have; share it with every host that runs the flow, at the same path."
            )
        return folder


@dataclass(frozen=True)
class GitStorage:
    """A git repository, at one commit.

    Who fetches from it is known to git itself, by SSH keys, credential helpers or ``.netrc``.

    Parameters
    ----------
    url
        Address of the repository, without user and password.
    ref
        Branch, tag or whole commit; the repository's default branch where it is not given.
    folder
        The folder in the repository that modules are imported from.
    commit
        What ``ref`` stood for when the flow was registered.
    """

    url: str
    ref: str | None = None
    folder: str = "."
    commit: str | None = None
    kind: ClassVar[str] = "git"

    def __post_init__(self) -> None:
        if not self.url or self.url.startswith("-"):
            raise InputError(f"{self.url!r} is no address of a git repository.")
        address = urlsplit(self.url)
        if address.password or (address.username and address.scheme in {"http", "https"}):
            raise InputError(
                f"the address of the git repository at {address.hostname} has a user or password "
                "in it, which would be kept where the flow is registered; leave it out, and let "
                "git know it on each host: by a credential helper or ~/.netrc."
            )
        inside = PurePosixPath(self.folder)
        if inside.is_absolute() or ".." in inside.parts:
            raise InputError(f"{self.folder!r} is no folder inside a git repository.")

    def __str__(self) -> str:
        at = self.commit[:12] if self.commit else self.ref or "HEAD"
        return f"the git repository {self.url} at {at}"

    @property
    def version(self) -> str | None:
        """The commit."""
        return self.commit

    def resolved(self) -> GitStorage:
        """Return the repository at the commit that ``ref`` stands for now."""
        # A path would be another one on another host's working directory.
        url = str(Path(self.url).resolve()) if Path(self.url).is_dir() else self.url
        if self.ref is not None and _COMMIT.fullmatch(self.ref):
            return replace(self, url=url, commit=self.ref)
        return replace(self, url=url, commit=git.commit_of(url, self.ref))

    def fetch(self, home: Path) -> Path:
        """Return the folder of a copy of the commit, which is made once on each host."""
        commit = self.commit or git.commit_of(self.url, self.ref)
        root = git.copy_of(self.url, commit, home / COPIES)
        folder = root / self.folder
        # A link in the repository may lead elsewhere.
        if not folder.is_dir() or not folder.resolve().is_relative_to(root.resolve()):
            raise FlowNotFoundError(
                f"commit {commit[:12]} of the git repository {self.url} has no folder "
                f"{self.folder!r}; register the flow with one that it has."
            )
        return folder


_KINDS: dict[str, type[FolderStorage] | type[GitStorage]] = {
    each.kind: each for each in (FolderStorage, GitStorage)
}


def as_document(storage: FolderStorage | GitStorage | None) -> dict[str, Any] | None:
    """Return a storage as JSON."""
    return None if storage is None else {"kind": storage.kind, **asdict(storage)}


def of_document(document: Mapping[str, Any] | None) -> FolderStorage | GitStorage | None:
    """Return the storage that JSON describes."""
    if document is None:
        return None
    values = {name: value for name, value in document.items() if name != "kind"}
    return _KINDS[document["kind"]](**values)
