"""The work pool of a backend: where its runs wait for workers."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from lume_services.errors import InputError, SchedulingError
from lume_services.services.scheduling.prefect_server.connection import PrefectServer
from lume_services.services.scheduling.prefect_server.deployments import labels_of
from lume_services.services.scheduling.registry import FlowRecord

_WORKER = re.compile(r"(?P<name>.*?)(?: \((?P<labels>.*)\))?")
_NO_LABEL = re.compile(r"[\s,()/%&<>]")
# What a run waits for as long as nobody has taken it.
_NOT_TAKEN = frozenset({"SCHEDULED"})
_PREFIX = "lume-"


class Worker(NamedTuple):
    """A worker that has not ended."""

    name: str
    labels: frozenset[str]
    """What it serves."""
    silent_since: str | None = None
    """When it was last heard of, where that is too long ago."""

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(sorted(self.labels)) or 'no labels'})"


class WorkPool:
    """A work pool of a Prefect server.

    Parameters
    ----------
    server
        The server.
    kind
        Prefect's name of the kind of workers, for example ``process``.
    command
        What a worker starts for each run.
    template
        What a run may say of its job, for a pool that is not there yet.
    """

    def __init__(
        self, server: PrefectServer, kind: str, command: str, template: dict[str, Any]
    ) -> None:
        self._server = server
        self._kind = kind
        self._command = command
        self._template = template
        self.name = f"{_PREFIX}{kind}"

    def ensure(self) -> None:
        """Make the pool if it is not there."""
        if self._server.get(f"/work_pools/{self.name}") is not None:
            return
        try:
            self._server.post(
                "/work_pools/",
                {"name": self.name, "type": self._kind, "base_job_template": self._template},
            )
        except InputError:
            if self._server.get(f"/work_pools/{self.name}") is None:
                raise

    def job_variables(self, record: FlowRecord) -> dict[str, Any]:
        """Return how a worker is to run a flow."""
        variables = {"command": self._command, "image": record.image}
        known = self._template["variables"]["properties"]
        return {
            name: value for name, value in variables.items() if value is not None and name in known
        }

    def workers(self, pool: str | None = None) -> list[Worker]:
        """Return the workers of this or another pool that are there now."""
        return [worker for worker in self._known(pool or self.name) if not worker.silent_since]

    def _known(self, pool: str) -> Iterator[Worker]:
        for found in self._server.filter(f"work_pools/{pool}/workers", {}):
            silent_since = None if found["status"] == "ONLINE" else found["last_heartbeat_time"]
            yield parse_worker(found["name"])._replace(silent_since=silent_since)

    def leave(self, worker: str) -> None:
        """Forget a worker that has ended."""
        # Where the server has ended too, it will notice later that the worker is silent.
        with contextlib.suppress(SchedulingError):
            self._server.delete(f"/work_pools/{self.name}/workers/{quote(worker, safe='')}")

    def obstacle(self, run: dict[str, Any]) -> str | None:
        """Return why no worker takes a run, where none can.

        Parameters
        ----------
        run
            The run as the server gives it.
        """
        # A flow may have been registered for workers of another kind.
        pool: str = run["work_pool_name"] or ""
        if run["state_type"] not in _NOT_TAKEN or not pool.startswith(_PREFIX):
            return None
        needed = labels_of(run["work_queue_name"])
        workers = list(self._known(pool))
        if any(needed <= worker.labels for worker in workers if not worker.silent_since):
            return None
        wanted = "".join(f" --label {label}" for label in sorted(needed))
        return (
            f"waits for a worker of work pool {pool!r} that serves "
            f"{'labels ' + ', '.join(sorted(needed)) if needed else 'it'}; {_told(workers)}. Start "
            f"one with: lume-services worker start --backend {pool.removeprefix(_PREFIX)}{wanted}"
        )


def _told(workers: list[Worker]) -> str:
    there = [str(worker) for worker in workers if not worker.silent_since]
    silent = [(worker.silent_since, str(worker)) for worker in workers if worker.silent_since]
    told = f"there are {'; '.join(there)}" if there else "there is none"
    # A worker on a busy computer may be late only.
    return told + (" but {1}, silent since {0}".format(*max(silent)) if silent else "")


def parse_worker(name: str) -> Worker:
    """Return what a worker's name on the server says."""
    found = _WORKER.fullmatch(name)
    if found is None or found["labels"] is None:
        return Worker(name, frozenset())
    return Worker(found["name"], frozenset(found["labels"].split(", ")))


def worker_name(name: str, labels: Iterable[str]) -> str:
    """Return the name under which a worker is known to the server.

    Raises
    ------
    InputError
        If a label has a character that the name cannot hold.
    """
    labels = sorted(set(labels))
    return f"{name} ({', '.join(labels)})" if labels else name


def check_labels(labels: Iterable[str]) -> None:
    """Refuse labels that cannot route runs.

    Raises
    ------
    InputError
        Naming the first such label.
    """
    for label in labels:
        if not label or label == "default" or _NO_LABEL.search(label):
            raise InputError(
                f"{label!r} is no label; give one that is not 'default' and has no spaces and none "
                "of , ( ) / % & < >"
            )
