"""The address of a MongoDB database, from the settings that give it in parts."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode


def url(
    hosts: str,
    port: int | None,
    login: tuple[str | None, str | None],
    database: str | None,
    options: str,
) -> str:
    """Return a URL, with everything that has a meaning in URLs escaped.

    Parameters
    ----------
    hosts
        Names or addresses, separated by commas, with or without ports of their own.
    port
        Of the hosts without one.
    login
        Name and password of the user.
    database
        Name of the database.
    options
        What `options_text` returned.
    """
    user, password = (None if part is None else quote(part, safe="") for part in login)
    secret = "" if password is None else f":{password}"
    head = "" if user is None else f"{user}{secret}@"
    places = ",".join(_place(host.strip(), port) for host in hosts.split(","))
    tail = f"?{options}" if options else ""
    return f"mongodb://{head}{places}/{quote(database or '', safe='')}{tail}"


def options_text(given: Any) -> Any:
    """Return options as they stand in a URL; they are a mapping, JSON of one, or such text."""
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            given = json.loads(given)
        except ValueError:
            raise ValueError("begins with '{' but is no JSON") from None
    if isinstance(given, str):
        try:
            given = dict(parse_qsl(given.removeprefix("?"), strict_parsing=bool(given)))
        except ValueError:
            raise ValueError(_EXPECTED) from None
    if not isinstance(given, Mapping):
        raise ValueError(_EXPECTED)  # noqa: TRY004 — what pydantic collects
    return urlencode({name: _text(value) for name, value in given.items()}, quote_via=quote)


_EXPECTED = 'must be like {"authSource": "admin", "tls": true} or authSource=admin&tls=true'


def check_hosts(hosts: str) -> str:
    """Refuse what is no list of host names."""
    if not all(re.fullmatch(r"[^\s/@?#%]+", host.strip()) for host in hosts.split(",")):
        raise ValueError(
            "must be the name or address of a host, or several with commas between, as in "
            "db1.lab.org,db2.lab.org:27018; for a URL, set results_db.url"
        )
    return hosts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(_EXPECTED)


def _place(host: str, port: int | None) -> str:
    try:
        host = f"[{ipaddress.IPv6Address(host)}]"
    except ValueError:
        if ":" in host.rpartition("]")[2]:
            return host
    return host if port is None else f"{host}:{port}"
