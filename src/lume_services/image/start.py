"""The first program of a container: installs the extra packages, then becomes the command.

Without a command it becomes a worker that starts a container for each run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from lume_services.errors import ContainerError
from lume_services.image import engine, extras

WORKER = ("lume-services", "worker", "start", "--backend", "docker")
NOT_EXECUTABLE, NOT_FOUND = 126, 127


def main() -> NoReturn:
    """Run the command of the process's arguments in this process."""
    try:
        command = sys.argv[1:] or _worker()
        _become(command, extras.environment(os.environ))
    except ContainerError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


def _worker() -> Sequence[str]:
    engine.check(os.environ)
    return WORKER


def _become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        # Not a child, so that signals reach the command itself.
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606
    except FileNotFoundError:
        raise ContainerError(
            f"there is no command {command[0]!r} in this image; give one that is, or none for a "
            "worker",
            exit_code=NOT_FOUND,
        ) from None
    except OSError as error:
        raise ContainerError(
            f"the command {command[0]!r} cannot be executed: {error.strerror}; give a program "
            "with permission to be executed",
            exit_code=NOT_EXECUTABLE,
        ) from None


if __name__ == "__main__":
    main()
