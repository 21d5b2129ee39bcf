"""Reading a specification, and remembering where in it each key and value stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lume_services.errors import SpecificationError

Steps = tuple[str | int, ...]
Mark = tuple[int, int]


@dataclass(frozen=True)
class Problem:
    """Something wrong in a specification.

    Parameters
    ----------
    steps
        Keys and indices that lead to the place.
    message
        What was given, what was expected, what to do next.
    at_key
        The place is the key itself, not its value.
    kind
        What is wrong, for programs.
    """

    steps: Steps
    message: str
    at_key: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Source:
    """A specification as it was given.

    Parameters
    ----------
    name
        The file; ``<text>`` for text; None for a mapping, which has no lines.
    data
        Plain dictionaries, lists and scalars.
    keys, values
        Line and column, from 1, of each key and each value.
    """

    name: str | None
    data: Any
    keys: Mapping[Steps, Mark] = field(default_factory=dict)
    values: Mapping[Steps, Mark] = field(default_factory=dict)

    def error(self, problems: Iterable[Problem]) -> SpecificationError:
        """Return one error that lists the problems in the order of the file."""
        ordered = sorted(problems, key=self._mark)
        return SpecificationError([f"{self.where(item)}: {item.message}" for item in ordered])

    def where(self, problem: Problem) -> str:
        """Return ``file:line:column`` of a problem, or its keys where there are no lines."""
        if self.name is None:
            return _dotted(problem.steps)
        line, column = self._mark(problem)
        return f"{self.name}:{line}:{column}"

    def _mark(self, problem: Problem) -> Mark:
        if problem.at_key and problem.steps in self.keys:
            return self.keys[problem.steps]
        steps = problem.steps
        # What an alias repeats has no place of its own: the nearest known one is the alias.
        while steps and steps not in self.values:
            steps = steps[:-1]
        return self.values.get(steps, (1, 1))


def read(source: Path | str | Mapping[str, Any]) -> Source:
    """Read a specification from a YAML file, YAML text or a mapping.

    Text is told from a path by a line break, a ``": "``, a leading ``{`` or emptiness.

    Raises
    ------
    SpecificationError
        If the file cannot be read or is not one YAML document without duplicate keys.
    """
    from lume_services.services.scheduling.schema.yaml_reader import parse

    if isinstance(source, Mapping):
        return Source(None, source)
    if isinstance(source, str) and _is_text(source):
        return parse(source, "<text>")
    if isinstance(source, (str, Path)):
        return parse(_file_text(source), str(source))
    given = f"a specification is given as {type(source).__name__}"
    raise SpecificationError([f"{given}; give the path of a YAML file, YAML text or a dictionary."])


def _is_text(source: str) -> bool:
    start = source.lstrip()
    return not start or start.startswith("{") or "\n" in source or ": " in source


def _file_text(path: Path | str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        instead = ", or give YAML text or a dictionary" if isinstance(path, str) else ""
        reason = f"there is no such file; check the path{instead}"
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8; save the file as UTF-8 text"
    except (OSError, ValueError) as error:
        reason = f"the file cannot be read ({getattr(error, 'strerror', None) or error})"
    raise SpecificationError([f"{path}: {reason}."])


def _dotted(steps: Steps) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "specification"
