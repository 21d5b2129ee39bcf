"""The process that a worker starts for each run, on its host or as a job of a platform.

It executes the run itself, or has it executed by a process that a warm worker forks, and
then stands for that one: signals go on to it, and its exit code comes back.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from lume_services.services.scheduling.prefect_server import guard

WARM_SOCKET = "WARM_FLOWS_SOCKET"
"""Environment variable: where a warm worker listens."""
SECRETS_FILE = "FLOW_SECRETS_FILE"
"""Environment variable: JSON of environment variables, in a file that is read once."""


def main() -> int:
    """Execute the run that the environment names; return the exit code."""
    address = os.environ.pop(WARM_SOCKET, None)
    worker = os.environ.pop(guard.WORKER_PROCESS, None)
    if worker is not None and address is not None:
        from lume_services.services.scheduling.prefect_server.warm_client import execute_warm

        return execute_warm(address, int(worker))
    ended = None if worker is None else guard.split(int(worker))
    if ended is not None:
        return ended
    prepare()
    from lume_services.services.scheduling.prefect_server.flow_execution import execute_run

    execute_run()
    return 0


def prepare() -> None:
    """Read the secrets of a job, and let Prefect's clients find the server."""
    from lume_services.services.scheduling.prefect_server.programs import client_environment
    from lume_services.settings import LUMEServicesSettings

    if (name := os.environ.pop(SECRETS_FILE, None)) is not None:
        file = Path(name)
        os.environ.update(json.loads(file.read_text(encoding="utf-8")))
        # Not to be found by what the flow starts, nor in a copy of the container.
        file.unlink()
    os.environ.update(client_environment(LUMEServicesSettings()))


if __name__ == "__main__":
    sys.exit(main())
