"""Services of the stack, started by the command, with images that stand in for official ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import free_port
from servers.docker import docker, stand_in

HERE = Path(__file__).parent
PROGRAM = [
    sys.executable,
    "-c",
    "import sys; from lume_services.cli.main import main; sys.exit(main())",
]
SECONDS = 600


class Services:
    """Services of one name, with commands about them."""

    def __init__(self, home: Path, image: str) -> None:
        self.name = f"lume-test-{uuid.uuid4().hex[:8]}"
        self.named = ("--project-name", self.name)
        self.client = home / "stacks" / self.name / "client.toml"
        self.environment = {
            "LUME_HOME": str(home),
            "STACK_IMAGE": image,
            "STACK_POSTGRESQL_IMAGE": stand_in("postgresql"),
            "STACK_MONGODB_IMAGE": stand_in("mongodb"),
            **{
                f"STACK_{name}_PORT": str(free_port())
                for name in ("SERVER", "POSTGRESQL", "MONGODB")
            },
        }

    def call(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            env={**os.environ, **self.environment, **environment},
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def as_client(self, *arguments: str) -> str:
        """Call a command with the settings that were printed."""
        done = self.call(*arguments, LUME_CONFIG_FILE=str(self.client))
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def started(
        self, compose: Path, *options: str, end: signal.Signals = signal.SIGINT
    ) -> Iterator[subprocess.Popen[str]]:
        """Start them, and end with Ctrl-C, or another signal, unless they have ended."""
        command = ["docker", "start-services", *self.named, "--timeout", str(SECONDS)]
        process = subprocess.Popen(
            [*PROGRAM, *command, "--compose-file", str(compose), *options],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            said = [process.stdout.readline() for _ in range(3)]
            assert said[-1] == f"export LUME_CONFIG_FILE={self.client}\n", process.communicate()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(end)
            process.communicate(timeout=SECONDS)
        assert process.returncode == 0

    def containers(self) -> list[str]:
        label = f"label=com.docker.compose.project={self.name}"
        return docker("ps", "--all", "--quiet", "--filter", label).stdout.split()

    def volumes(self) -> set[str]:
        listed = docker("volume", "ls", "--quiet", "--filter", f"name={self.name}").stdout
        return set(listed.split())

    def remove(self) -> None:
        for container in self.containers():
            docker("rm", "--force", container)
        docker("volume", "rm", "--force", *self.volumes())
