"""The backends that the contract and the conformance suite run on: one row each.

``LUME_TEST_BACKENDS=process,docker`` runs both suites whole, on these backends. Without it they
run whole where a run costs little, and on the others what is marked with `SAMPLE`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

SAMPLE = pytest.mark.sample


@dataclass(frozen=True)
class Backend:
    """A row.

    Parameters
    ----------
    name
        As in the settings.
    worker
        The session's fixture of a server with a worker, which has ``settings(home)`` for
        clients; None where no server is needed. The worker serves the label ``tests``, can
        import the modules of this folder's neighbours that hold flows, and shares `shared`.
    costly
        Whether each run has a container of its own.
    """

    name: str
    worker: str | None = None
    costly: bool = False

    def __str__(self) -> str:
        return self.name


BACKENDS = (
    Backend("local"),
    Backend("process", "prefect_worker"),
    Backend("docker", "docker_worker", costly=True),
    Backend("kubernetes", "kubernetes_worker", costly=True),
)


def chosen(*, sample: bool) -> list[Backend]:
    """Return the backends that a test is to run on.

    Parameters
    ----------
    sample
        Whether it belongs to the sample that costly backends run.
    """
    wanted = os.environ.get("LUME_TEST_BACKENDS")
    if wanted is None:
        return [backend for backend in BACKENDS if sample or not backend.costly]
    known = {backend.name: backend for backend in BACKENDS}
    names = wanted.split(",")
    if unknown := sorted(set(names) - known.keys()):
        raise pytest.UsageError(f"LUME_TEST_BACKENDS: {unknown} unknown, there are {list(known)}")
    return [known[name] for name in names]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that tests and the runs of every worker see under the same path."""
    return tmp_path_factory.mktemp("shared")
