"""Whether a container is well, for Docker: a server must answer, a worker must reach its server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lume_services.errors import LumeServicesError

_PATIENCE_SECONDS = 5.0


def main() -> int:
    """Return 0 where the first process of the container is well, else 1."""
    command = Path("/proc/1/cmdline").read_bytes().decode(errors="replace").split("\0")
    return 0 if _is_job(command) else _reach_server()


def _is_job(command: Sequence[str]) -> bool:
    """Tell whether a command is neither a server nor a worker: then it is well while it runs."""
    return "start" not in command or not {"server", "worker"} & set(command)


def _reach_server() -> int:
    from lume_services.services.scheduling.prefect_server.connection import PrefectServer
    from lume_services.settings import LUMEServicesSettings

    try:
        PrefectServer(LUMEServicesSettings().prefect, _PATIENCE_SECONDS).get("/health")
    except LumeServicesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
