"""The process that a worker starts for each run.

It executes the run itself, or has it executed by a process that a warm worker forks, and
then stands for that one: signals go on to it, and its exit code comes back.
"""

from __future__ import annotations

import os
import sys

WARM_SOCKET = "WARM_FLOWS_SOCKET"
"""Environment variable: where a warm worker listens."""


def main() -> int:
    """Execute the run that the environment names; return the exit code."""
    address = os.environ.pop(WARM_SOCKET, None)
    if address is not None:
        from lume_services.services.scheduling.prefect_server.warm_client import execute_warm

        return execute_warm(address)
    from lume_services.services.scheduling.prefect_server.flow_execution import execute_run

    execute_run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
