"""The packaged compose file as it is used in tests: on the host's network, on loopback only."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from lume_services.services.stack.contents import packaged

_LISTEN = {"database": ["-c", "listen_addresses=127.0.0.1"], "mongodb": ["--bind_ip", "127.0.0.1"]}


def on_host_network(environment: Mapping[str, str] | None = None) -> str:
    """Return the packaged file with the host's network, and with variables for our services."""
    compose = yaml.safe_load(packaged())
    for name, service in compose["services"].items():
        service.pop("ports", None)
        service["network_mode"] = "host"
        kept = [each for each in service.get("command", []) if each != "--bind_ip_all"]
        if name in {"server", "worker"}:
            service["environment"].update(environment or {})
        if name in _LISTEN:
            service["command"] = [*kept, *_LISTEN[name]]
    return yaml.safe_dump(compose)
