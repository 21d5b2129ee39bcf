"""What the variables ``EXTRA_PIP_PACKAGES`` and ``EXTRA_CONDA_PACKAGES`` ask for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from lume_services.errors import ContainerError

PIP, CONDA, CHANNELS = "EXTRA_PIP_PACKAGES", "EXTRA_CONDA_PACKAGES", "EXTRA_CONDA_CHANNELS"
NOT_UNDERSTOOD = 64
_DEFAULT_CHANNELS = "conda-forge"
_SECRET_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)|(?<=/t/)[^/\s]+")
_URL_OR_FILE = re.compile(r"(?i)(git\+)?(https?|file|ssh)://|\.{0,2}/")


@dataclass(frozen=True)
class Wishes:
    """Requirements for pip and for conda, and conda's channels, most important first."""

    pip: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def read(environment: Mapping[str, str]) -> Wishes:
    """Return what environment variables ask for.

    Quotes group words as in a shell, and nothing else of a shell has a meaning.

    Raises
    ------
    ContainerError
        If a variable cannot be understood, or gives an option.
    """
    pip = _words(environment, PIP)
    for word in pip:
        _check_pip(word)
    return Wishes(pip, _words(environment, CONDA), _channels(environment))


def shown(*words: str) -> str:
    """Return words as a log may show them: without the passwords and tokens of URLs."""
    return _SECRET_IN_URL.sub("***", " ".join(words))


def _channels(environment: Mapping[str, str]) -> tuple[str, ...]:
    return _words(environment, CHANNELS) or (_DEFAULT_CHANNELS,)


def _words(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    text = environment.get(variable, "")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _error(variable, text, f"{error}; close every quote") from None
    for word in words:
        if word.startswith("-"):
            raise _error(
                variable,
                word,
                "is an option; give requirements only, and pip's options by its own variables, "
                "such as PIP_INDEX_URL or PIP_FIND_LINKS"
                if variable == PIP
                else "is an option; give names and versions only",
            )
        if not word.isprintable():
            raise _error(variable, word, "has characters that cannot be printed")
    return tuple(words)


def _check_pip(word: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    if _URL_OR_FILE.match(word):
        return
    try:
        Requirement(word)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise _error(
            PIP,
            word,
            f"is no requirement: {reason}. Write name, name==1.2, 'name>=1,<2' or a URL, and "
            "quote what has spaces",
        ) from None


def _error(variable: str, text: str, problem: str) -> ContainerError:
    return ContainerError(f"{variable}: {shown(text)!r} {problem}", exit_code=NOT_UNDERSTOOD)
