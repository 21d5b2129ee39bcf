"""What is wrong with settings, in the words of the person who wrote them."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from lume_services.settings_sources import CONFIG_FILE_VARIABLE, Given, SettingPath, variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails


# Settings whose values may be, or hold, passwords in a form that cannot be masked.
_SECRET = ("password", "options", "headers")
_NO_HOST = re.compile(r"[\w+.-]+:///")
_LOGIN = re.compile(r"(?s)((?:[\w+.-]+://)?[^:]*)(:?)")
_SECRET_IN_QUERY = re.compile(
    r"(?i)([?&][^=&]*(?:password|passwd|pwd|secret|token|authmechanismproperties)[^=&]*=)[^&]+"
)


def mask_url(url: str) -> str:
    """Return a database URL with every password in it replaced by ``***``."""
    url = _SECRET_IN_QUERY.sub(r"\1***", url)
    head, at, tail = url.rpartition("@")
    login = _LOGIN.match(head)
    if not at or login is None or _NO_HOST.match(url):
        return url
    return f"{login[1]}{':***' if login[2] else ''}@{tail}"


def describe(
    error: ErrorDetails, given: Mapping[SettingPath, Given], known: Sequence[SettingPath]
) -> str:
    """Return one message for one problem that validation found.

    Parameters
    ----------
    error
        The problem, as pydantic reports it.
    given
        Every value that was written, and where.
    known
        Every setting that there is.
    """
    place = tuple(str(part) for part in error["loc"])
    inside = {path: item for path, item in given.items() if path[: len(place)] == place}
    problem = error["msg"].removeprefix("Value error, ")
    problem = problem[0].lower() + problem[1:]
    if not inside:
        return _missing(place, given)
    of_parts = place in known and place not in inside
    if error["type"] == "extra_forbidden" or (of_parts and error["type"] != "value_error"):
        return "\n".join(_unknown(path, item, known) for path, item in inside.items())
    if place in known and place in inside:
        shown = "" if place[-1] in _SECRET else f" is {_shown(inside[place].value)}"
        return f"{inside[place].origin}{shown}: {problem}"
    if place in inside:
        keys = ", ".join(_spelled(path, inside[place]) for path in known if path[:-1] == place)
        return f"{inside[place].origin} is a section and takes no value itself; set {keys}"
    return f"{' and '.join(item.origin for item in inside.values())}: {problem}"


def _shown(value: object) -> str:
    return repr(mask_url(value) if isinstance(value, str) else value)


def _unknown(path: SettingPath, item: Given, known: Sequence[SettingPath]) -> str:
    """Name the nearest setting; never the value, which may be a password."""
    names = [_spelled(other, item) for other in known]
    if item.origin.startswith("environment"):
        names.append(CONFIG_FILE_VARIABLE)
    near = difflib.get_close_matches(_spelled(path, item), names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Settings are {', '.join(names)}."
    return f"{item.origin} is not a setting. {hint}"


def _missing(place: SettingPath, given: Mapping[SettingPath, Given]) -> str:
    beside = [item.origin for path, item in given.items() if path[: len(place) - 1] == place[:-1]]
    return (
        f"{'.'.join(place)} ({variable(place)}) is missing, but needed with "
        f"{' and '.join(beside)}. Set it, or remove the other."
    )


def _spelled(path: SettingPath, item: Given) -> str:
    return variable(path) if item.origin.startswith("environment") else ".".join(path)
