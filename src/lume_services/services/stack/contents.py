"""What stands in the files of a stack: settings of its services with their passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import yaml

from lume_services.errors import InputError

Results = Literal["postgresql", "mongodb"]

COMPOSE, SERVER, WORKER, CLIENT = "compose.yaml", "server.toml", "worker.toml", "client.toml"
SUPERUSER = "superuser"
SECRETS = frozenset({SUPERUSER, SERVER, WORKER})
"""Files that containers read."""

PASSWORDS = (SUPERUSER, "prefect", "results", "api")
_SERVICES = {"postgresql": "database", "mongodb": "mongodb"}


def packaged() -> str:
    """Return the text of the packaged compose file."""
    return files(__package__).joinpath(COMPOSE).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Contents:
    """What is in the files, for one compose file, which decides where services find one another.

    Parameters
    ----------
    compose
        Its text.
    project_name
        Name of the stack.
    ports
        Ports by the names ``server``, ``postgresql`` and ``mongodb``.
    image
        The image of jobs.
    """

    compose: str
    project_name: str
    ports: Mapping[str, int]
    image: str

    def files(self, results: Results, passwords: Mapping[str, str]) -> dict[str, str]:
        """Return the texts by the names of the files.

        Parameters
        ----------
        results
            The database of the results.
        passwords
            Those of `PASSWORDS`.
        """
        auth = f"lume:{passwords['api']}"
        shared = self._on_host("server")
        serving = "127.0.0.1" if shared else "0.0.0.0"  # noqa: S104  # published on loopback only
        network = "host" if shared else f"{self.project_name}_default"
        server = {
            "api_url": self._api(serving),
            "auth_string": auth,
            "database_url": self._database("postgresql", "prefect", passwords, inside=True),
        }
        return {
            COMPOSE: self.compose,
            SUPERUSER: passwords[SUPERUSER],
            SERVER: _toml({}, prefect=server),
            **{
                name: _toml(
                    {"backend": "docker"},
                    prefect={
                        "api_url": self._api(self._host("server", inside)),
                        "auth_string": auth,
                    },
                    results_db={"url": self._database(results, "results", passwords, inside)},
                    docker={"image": self.image, "network_mode": network},
                )
                for name, inside in ((WORKER, True), (CLIENT, False))
            },
        }

    def _database(self, kind: str, user: str, passwords: Mapping[str, str], inside: bool) -> str:
        host = self._host(_SERVICES[kind], inside)
        return f"{kind}://{user}:{passwords[user]}@{host}:{self.ports[kind]}/{user}"

    def _api(self, host: str) -> str:
        return f"http://{host}:{self.ports['server']}/api"

    def _host(self, service: str, inside: bool) -> str:
        return service if inside and not self._on_host(service) else "127.0.0.1"

    def _on_host(self, service: str) -> bool:
        return bool(self._service(service).get("network_mode") == "host")

    def _service(self, name: str) -> dict[str, Any]:
        try:
            return dict(yaml.safe_load(self.compose)["services"][name])
        except (yaml.YAMLError, KeyError, TypeError, ValueError):
            raise InputError(
                f"the compose file has no service {name!r}; begin with a copy of the packaged "
                "one, which lume-services docker compose-file writes"
            ) from None


def _toml(top: Mapping[str, str], **sections: Mapping[str, str]) -> str:
    """Return TOML of texts that have no quotes in them."""
    lines = [f'{key} = "{value}"' for key, value in top.items()]
    for name, values in sections.items():
        lines += [f"[{name}]", *(f'{key} = "{value}"' for key, value in values.items())]
    return "\n".join(lines) + "\n"
