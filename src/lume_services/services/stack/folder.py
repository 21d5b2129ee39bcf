"""The folder that a stack runs in: the compose file, what it is filled with, and the credentials.

All files are readable by their owner only. What is secret is in files that are mounted into the
containers that need them, and not in ``.env``, whose values Docker shows.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lume_services import __version__
from lume_services.errors import ContainerError, InputError
from lume_services.services.stack.contents import PASSWORDS, SECRETS, Contents, Results, packaged

ENVIRONMENT = ".env"
_CREDENTIALS = "credentials.json"
_PORTS = {"server": 4200, "postgresql": 5432, "mongodb": 27017}
_IMAGES = ("STACK_POSTGRESQL_IMAGE", "STACK_MONGODB_IMAGE")
# The user of the image, who may not read what belongs to root.
_IMAGE_USER = 1000
_SOCKET = Path("/var/run/docker.sock")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Folder:
    """The folder of the stack of a project.

    Raises
    ------
    InputError
        If Docker takes no such name.
    """

    project_name: str
    path: Path

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.project_name):
            raise InputError(
                f"{self.project_name!r} is no name of a project; give one of small letters, "
                "digits, '_' and '-' that begins with a letter or digit"
            )

    @classmethod
    def of(cls, project_name: str, home: Path) -> Folder:
        """Return the folder for a name, under the home directory."""
        return cls(project_name, home / "stacks" / project_name)

    def values(self) -> dict[str, str]:
        """Return what the compose file is filled with; nothing where there is no such stack."""
        path = self.path / ENVIRONMENT
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return dict(line.split("=", 1) for line in lines)

    @property
    def keeps_data(self) -> bool:
        """Whether its data are to outlive it."""
        return self.values().get("STACK_PERSIST") == "true"

    def write(
        self,
        variables: Mapping[str, str],
        results: Results = "postgresql",
        persist: bool = False,
        compose: str | None = None,
    ) -> None:
        """Write all files; what was there of credentials, and that data are kept, stays.

        Parameters
        ----------
        variables
            Environment variables: the ports and images that are to be other ones.
        results
            The database of the results.
        persist
            Whether the data are to outlive the stack.
        compose
            The text of a compose file in place of the packaged one.
        """
        ports = {name: _port(variables, name, port) for name, port in _PORTS.items()}
        image = variables.get("STACK_IMAGE", f"lume-services:{__version__}")
        contents = Contents(compose or packaged(), self.project_name, ports, image)
        user = os.geteuid() or _IMAGE_USER
        environment = {
            "COMPOSE_PROJECT_NAME": self.project_name,
            "COMPOSE_PROFILES": "mongodb" if results == "mongodb" else "",
            "STACK_IMAGE": image,
            **{name: variables[name] for name in _IMAGES if name in variables},
            "STACK_USER": f"{user}:0",
            "STACK_DOCKER_GROUP": str(_SOCKET.stat().st_gid if _SOCKET.exists() else 0),
            **{f"STACK_{name.upper()}_PORT": str(port) for name, port in ports.items()},
            "STACK_PERSIST": str(persist or self.keeps_data).lower(),
        }
        lines = "".join(f"{name}={value}\n" for name, value in environment.items())
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            texts = contents.files(results, self._passwords())
            for name, text in {**texts, ENVIRONMENT: lines}.items():
                _write(self.path / name, text, user if name in SECRETS else os.geteuid())
        except OSError as error:
            raise ContainerError(
                f"{self.path} cannot be written: {error.strerror}; give another folder, or set "
                "LUME_HOME to one that can be"
            ) from error

    def remove(self) -> None:
        """Remove it, with the credentials."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _passwords(self) -> dict[str, str]:
        path = self.path / _CREDENTIALS
        if not path.is_file():
            made = {name: secrets.token_urlsafe(24) for name in PASSWORDS}
            _write(path, json.dumps(made), os.geteuid())
        return dict(json.loads(path.read_text(encoding="utf-8")))


def _port(variables: Mapping[str, str], name: str, default: int) -> int:
    variable = f"STACK_{name.upper()}_PORT"
    text = variables.get(variable, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise InputError(f"{variable} is {text!r}; expected a port, for example {default + 10_000}")
    return int(text)


def _write(path: Path, text: str, user: int) -> None:
    """Write a file that only a user can read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    if user != os.geteuid():
        os.chown(new, user, -1)
    new.replace(path)
