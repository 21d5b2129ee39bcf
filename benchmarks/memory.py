"""Memory that a call takes while it runs, in this process."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

INTERVAL = 0.002


class Peak:
    """A context that notes how much more memory of its own the process has at most inside."""

    def __enter__(self) -> Self:
        self._before = self._most = private_megabytes()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watcher.join()

    @property
    def megabytes(self) -> float:
        return self._most - self._before

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._most = max(self._most, private_megabytes())


def private_megabytes() -> float:
    """Return what is in memory without pages of files, which the system takes back at any time."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("RssAnon:"))
    return int(kilobytes) * 1024 / 1e6
