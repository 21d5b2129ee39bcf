"""What a worker of jobs asks of a platform, and what a platform tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, SecretStr

Options = TypeVar("Options", bound=BaseModel)

POOL_LABEL = "lume-services/pool"
WORKER_LABEL = "lume-services/worker"
RUN_LABEL = "lume-services/run"
FLOW_LABEL = "lume-services/flow"
PROJECT_LABEL = "lume-services/project"


@dataclass(frozen=True)
class Job(Generic[Options]):
    """One run as a job.

    Parameters
    ----------
    run_id, run_name, flow_name, project_name
        What is run.
    labels
        What finds the job again: names and values without secrets.
    image
        The container image.
    command
        The program and its arguments.
    environment
        Environment variables without secrets.
    secrets
        Environment variables whose values may stand nowhere that others can look at.
    options
        The run's options, with the settings' values where it has none of its own.
    """

    run_id: str
    run_name: str
    flow_name: str
    project_name: str
    labels: Mapping[str, str]
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, SecretStr]
    options: Options


@dataclass(frozen=True)
class Ending:
    """How a job ended.

    Parameters
    ----------
    exit_code
        Of its program; -1 where there is none.
    reason
        What went wrong and what to do, for the caller; None where nothing did.
    """

    exit_code: int
    reason: str | None = None


class Left(NamedTuple):
    """A job that is there, and the name of the worker that started it."""

    run_id: str
    identifier: str
    worker: str


class Platform(Protocol[Options]):
    """Runs jobs: a Docker engine, a Kubernetes cluster.

    All methods block and may be called from any thread. Errors are `SchedulingError` when
    the platform cannot be used, with what to do about it.
    """

    def check(self) -> None:
        """Find out whether the platform can be used; raises if not."""

    def start(self, job: Job[Options]) -> str:
        """Start a job; return its identifier. Where that fails, nothing is left behind."""

    def wait(self, identifier: str) -> Ending:
        """Return when a job has ended, or is not there any more.

        A lost connection is opened again for as long as it takes.
        """

    def stop(self, identifier: str, grace_seconds: float) -> None:
        """Ask a job to end, and end it after some seconds; one that is gone is no error."""

    def remove(self, identifier: str) -> None:
        """Remove an ended job with all that belongs to it; one that is gone is no error."""

    def left(self, pool: str) -> list[Left]:
        """Return the jobs whose `POOL_LABEL` is this and that are there, running or ended."""
