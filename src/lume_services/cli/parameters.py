"""Flow parameters as they are given on the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from lume_services.errors import ParameterError


def gather(assignments: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Return the parameters of a file, overridden by ``name=value`` assignments.

    Raises
    ------
    ParameterError
        If the file or an assignment cannot be read, or a name is assigned twice.
    """
    return {**(read_file(file) if file else {}), **parse(assignments)}


def parse(assignments: Sequence[str]) -> dict[str, Any]:
    """Parse ``name=value`` assignments; a value is JSON, else text."""
    parameters: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ParameterError(f"-p {assignment!r} is not of the form name=value.")
        if name in parameters:
            raise ParameterError(f"-p {name} is given twice; give each parameter once.")
        parameters[name] = _value(text)
    return parameters


def read_file(path: Path) -> dict[str, Any]:
    """Read a JSON or YAML file that maps parameter names to values."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ParameterError(f"parameter file {str(path)!r} cannot be read: {reason}.") from error
    try:
        content = json.loads(text) if path.suffix == ".json" else YAML(typ="safe").load(text)
    except (ValueError, YAMLError) as error:
        reason = " ".join(str(error).replace(' in "<unicode string>",', " at").split())
        expected = "give JSON" if path.suffix == ".json" else "give plain YAML"
        raise ParameterError(
            f"parameter file {str(path)!r} is malformed: {reason}; {expected}."
        ) from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise ParameterError(
            f"parameter file {str(path)!r} holds {_kind(content)}; "
            "give a mapping of parameter names to values."
        )
    return content


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_not_json)
    except ValueError:
        return text


def _not_json(constant: str) -> NoReturn:
    """Keep NaN and Infinity, which Python would accept as JSON, text."""
    raise ValueError(constant)


def _kind(content: Any) -> str:
    if content is None:
        return "nothing"
    if isinstance(content, dict):
        odd = next(name for name in content if not isinstance(name, str))
        return f"the name {odd!r}, which is not text"
    return f"a {type(content).__name__}"
