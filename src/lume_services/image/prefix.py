"""A folder with one set of extra packages: a virtual environment on top of the image's."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lume_services.image.wishes import Wishes

_DONE = ".complete"


@dataclass(frozen=True)
class Prefix:
    """A folder with extra packages, and where downloads are kept for the next one."""

    path: Path
    downloads: Path

    @classmethod
    def of(cls, place: Path, wished: Wishes) -> Prefix:
        """Return the folder for what is wished on this Python, these packages and by this user."""
        parts = [asdict(wished), _files(wished), sys.version, _installed(), os.geteuid()]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return cls(place / key, place / "downloads")

    @property
    def packages(self) -> Path:
        """Where Python modules are."""
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.path)}))

    @property
    def python(self) -> Path:
        """The Python of the image, as it finds these packages too."""
        return self.path / "bin" / "python"

    @contextmanager
    def complete(self) -> Iterator[bool]:
        """Tell whether it is complete; after the block it is.

        Other containers with the same volume wait meanwhile. If the block fails, nothing is left.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.path / _DONE
            # A folder of another user, on a volume that all may write, could hold anything.
            if done.is_file() and done.stat().st_uid == os.geteuid():
                yield True
                return
            shutil.rmtree(self.path, ignore_errors=True)
            try:
                yield False
            except BaseException:
                shutil.rmtree(self.path, ignore_errors=True)
                raise
            done.touch()

    def make(self) -> None:
        """Make it, without packages of its own."""
        venv.EnvBuilder(symlinks=True).create(self.path)
        # Its programs find the packages of the image after those of its own.
        lines = [f"import site; site.addsitedir({str(each)!r})\n" for each in _image_packages()]
        (self.packages / "image.pth").write_text("".join(lines))

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables with which programs and modules here are found first."""
        return {
            **variables,
            "PATH": _before(self.path / "bin", variables.get("PATH")),
            "PYTHONPATH": _before(self.packages, variables.get("PYTHONPATH")),
        }


def _before(first: Path, others: str | None) -> str:
    return os.pathsep.join(filter(None, [str(first), others]))


def _image_packages() -> list[Path]:
    return [path for path in map(Path, sys.path) if path.name in {"site-packages", "dist-packages"}]


def _installed() -> list[str]:
    """Return what is installed in the image, with versions; reading their contents costs more."""
    return sorted(path.name for each in _image_packages() for path in each.glob("*.dist-info"))


def _files(wished: Wishes) -> list[str]:
    """Return what changes when a file that is to be installed changes."""
    files = (Path(word.removeprefix("file://")) for word in wished.pip)
    return [f"{file.stat().st_mtime_ns} {file.stat().st_size}" for file in files if file.is_file()]
