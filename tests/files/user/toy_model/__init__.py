"""A lume-base model of a user's package."""

from __future__ import annotations

from lume.base import Base

__version__ = "1.2.3"


class Drift(Base):
    """Length and energy of a drift."""

    def __init__(self, length: float = 0.0) -> None:
        super().__init__()
        self.input = {"length": length}

    def configure(self) -> None: ...

    def run(self) -> None: ...

    def plot(self) -> None: ...

    def write_input(self) -> None: ...

    def load_output(self) -> None: ...

    def input_parser(self, path: str) -> dict[str, float]:
        return {}

    def load_initial_particles(self, particles: object) -> None: ...

    def archive(self, h5=None):
        h5["length"] = self.input["length"]

    def load_archive(self, h5, configure=True):
        self.input = {"length": float(h5["length"][()])}


def not_a_class() -> None:
    raise AssertionError("ran what a file named")
