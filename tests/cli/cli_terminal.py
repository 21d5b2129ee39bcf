"""The command line as a process on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

COMMAND = [str(Path(sys.executable).with_name("lume-services"))]


class Terminal:
    """A command on a terminal of 80 columns, which gets all of its streams."""

    def __init__(self, command: list[str], **variables: str) -> None:
        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)
        self._ours = ours

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._ours)
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int:
        return self._process.returncode

    def write(self, text: str) -> None:
        """Type a text."""
        os.write(self._ours, text.encode())

    def read(self, until: str = "") -> str:
        """Return what is written, up to a text or to the end."""
        written = b""
        while chunk := self._chunk():
            written += chunk
            if until and until.encode() in written:
                return written.decode()
        self._process.wait(300)
        return written.decode().replace("\r\n", "\n")

    def _chunk(self) -> bytes:
        try:
            return os.read(self._ours, 4096)
        except OSError:  # the other end is closed
            return b""
