"""Where settings are written: environment variables and ``lume.toml``.

Every value travels with its origin, so that an error, or the list of effective settings, can
say where the value was written.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lume_services.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "LUME_"
DELIMITER = "__"
CONFIG_FILE_NAME = "lume.toml"
CONFIG_FILE_VARIABLE = "LUME_CONFIG_FILE"
IMAGE_VARIABLE = "LUME_IMAGE"
"""Set in a container image to its own name, which results then say that they were made with."""

# Addresses of real services for the test suite, which are no settings.
_TEST_PREFIX = "LUME_TEST_"

SettingPath = tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """A value and the place where a person wrote it."""

    # Not in the repr: it may hold a password, and pydantic-settings logs sources for debugging.
    value: Any = field(repr=False)
    origin: str


def variable(path: SettingPath) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + DELIMITER.join(path).upper()


def leaves(table: Mapping[str, Any], above: SettingPath = ()) -> Iterator[tuple[SettingPath, Any]]:
    """Yield every value of nested dictionaries, an empty one too, with its path."""
    for key, value in table.items():
        path = (*above, str(key))
        if isinstance(value, dict) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def flatten(table: Mapping[str, Any]) -> dict[SettingPath, Given]:
    """Return every value by its path; one without an origin was an argument in Python."""
    return {
        path: value if isinstance(value, Given) else Given(value, f"argument {'.'.join(path)}")
        for path, value in leaves(table)
    }


def nested(values: Mapping[SettingPath, Any]) -> dict[str, Any]:
    """Return values by path as nested dictionaries; a value above another one gives way."""
    tree: dict[str, Any] = {}
    for *sections, last in sorted(values):
        table = tree
        for section in sections:
            if not isinstance(table.get(section), dict):
                table[section] = {}
            table = table[section]
        table[last] = values[*sections, last]
    return tree


def environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in environment variables, as nested dictionaries of `Given`."""
    given: dict[SettingPath, Given] = {}
    for name, value in variables.items():
        if not name.startswith(PREFIX) or name.startswith(_TEST_PREFIX):
            continue
        if name in (CONFIG_FILE_VARIABLE, IMAGE_VARIABLE):
            continue
        key = name.removeprefix(PREFIX)
        path = tuple((key.lower() if key.isupper() else key).split(DELIMITER))
        given[path] = Given(value, f"environment variable {name}")
    return nested(given)


def config_file(variables: Mapping[str, str], directory: Path) -> dict[str, Any]:
    """Return the settings in the configuration file, as nested dictionaries of `Given`.

    Parameters
    ----------
    variables
        Environment variables; ``LUME_CONFIG_FILE`` names the file.
    directory
        Otherwise ``lume.toml`` is looked for here and then upward.

    Raises
    ------
    SettingsError
        If the named file does not exist, or the file cannot be read.
    """
    path = find_config_file(variables, directory)
    return {} if path is None else _tagged(*_read(path), path)


def find_config_file(variables: Mapping[str, str], directory: Path) -> Path | None:
    """Return the configuration file that is in use, or None.

    Parameters
    ----------
    variables, directory
        As for `config_file`.

    Raises
    ------
    SettingsError
        If the named file does not exist.
    """
    named = variables.get(CONFIG_FILE_VARIABLE)
    if named is None:
        candidates = (folder / CONFIG_FILE_NAME for folder in (directory, *directory.parents))
        return next((path for path in candidates if path.is_file()), None)
    path = directory / Path(named).expanduser()
    if not path.is_file():
        raise SettingsError(
            f"environment variable {CONFIG_FILE_VARIABLE} is {named!r}, and there is no such file. "
            "Correct the path, or unset the variable."
        )
    return path


def _read(path: Path) -> tuple[dict[str, Any], dict[SettingPath, int]]:
    try:
        # Some editors put a byte order mark first.
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), _lines(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+)", str(error))
        place = f"{path}:{at[1]}" if at else str(path)
        problem = re.sub(r" \(at .*\)$", "", str(error))
        raise SettingsError(f"{place}: not valid TOML: {problem}. Correct the file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read as UTF-8 text: {error}. Correct the file or its permissions."
        ) from error


def _lines(text: str) -> dict[SettingPath, int]:
    """Return the line of each key that stands on a line of its own, as settings do."""
    lines: dict[SettingPath, int] = {}
    section: SettingPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            section = _split(header[1])
            lines.setdefault(section, number)
        elif key := re.match(r"\s*([\w.\-\"' ]+?)\s*=", line):
            lines.setdefault(section + _split(key[1]), number)
    return lines


def _split(key: str) -> SettingPath:
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def _tagged(values: dict[str, Any], lines: Mapping[SettingPath, int], path: Path) -> dict[str, Any]:
    tagged: dict[SettingPath, Given] = {}
    for where, value in leaves(values):
        # A key of an inline table stands on the line of the table.
        line = next((lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in lines), 0)
        place = f"{path}:{line}" if line else str(path)
        tagged[where] = Given(value, f"{place}: {'.'.join(where)}")
    return nested(tagged)
