"""Runs flows in processes of their own on the hosts of workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from lume_services.services.scheduling.backends.server import ServerBackend, ServerRunConfig


class ProcessRunConfig(ServerRunConfig):
    """How a run in a process of a worker is to be executed.

    Parameters
    ----------
    working_dir
        Directory on the worker's host; by default the one that the worker was started in.
    stream_output
        Whether the worker prints what the flow prints.
    """

    working_dir: Path = Path()
    stream_output: bool = True


class ProcessBackend(ServerBackend):
    """Implements `Backend` with Prefect's process workers."""

    kind: ClassVar[str] = "process"
    run_config_class: ClassVar[type[ServerRunConfig]] = ProcessRunConfig

    def _worker_class(self) -> type[Any]:
        from lume_services.services.scheduling.prefect_server.process_worker import worker_class

        return worker_class(self.server)
