"""What a call of the command line gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table that was written, without its head."""
        return [line.split("\t") for line in self.out.splitlines()[1:]]


Cli = Callable[..., Outcome]
