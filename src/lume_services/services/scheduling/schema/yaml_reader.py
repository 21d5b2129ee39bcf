"""YAML text to plain values with their places.

Works on the parser's events: nothing that the text names is constructed, and what an
alias repeats is shared and counted instead of copied.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from lume_services.errors import SpecificationError
from lume_services.services.scheduling.schema.source import Mark, Source, Steps

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

MAX_DEPTH = 50
MAX_VALUES = 1_000_000

# The scalars of YAML 1.2's core schema: unlike in YAML 1.1, "no" and "on" are text.
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")


def parse(text: str, name: str) -> Source:
    """Parse one YAML document.

    Parameters
    ----------
    text
        The document.
    name
        What messages call it.

    Raises
    ------
    SpecificationError
        If it is no YAML, more than one document, has duplicate keys, tags, or aliases
        that repeat too much.
    """
    reader = _Reader(text)
    try:
        data = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise SpecificationError([f"{where}: this is not YAML: {error.problem}."]) from None
    except yaml.YAMLError as error:
        raise SpecificationError([f"{name}: this is not YAML: {error}."]) from None
    except _RefusedError as refused:
        line, column = refused.mark
        raise SpecificationError([f"{name}:{line}:{column}: {refused}."]) from None
    finally:
        reader.close()
    if reader.duplicates:
        raise SpecificationError([f"{name}:{duplicate}" for duplicate in reader.duplicates])
    return Source(name, data, reader.keys, reader.values)


class _RefusedError(Exception):
    """YAML that goes no further."""

    def __init__(self, event: Any, message: str) -> None:
        super().__init__(message)
        self.mark = _mark(event)


class _Reader:
    def __init__(self, text: str) -> None:
        self._loader = _Loader(text)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self.keys: dict[Steps, Mark] = {}
        self.values: dict[Steps, Mark] = {}
        self.duplicates: list[str] = []

    def close(self) -> None:
        self._loader.dispose()

    def document(self) -> Any:
        self._next()
        start = self._next()
        if isinstance(start, yaml.StreamEndEvent):
            raise _RefusedError(start, "nothing is in it; expected a flow-of-flows specification")
        value = self._value(self._next(), ())
        self._next()
        more = self._next()
        if isinstance(more, yaml.DocumentStartEvent):
            raise _RefusedError(more, "a second document begins here; put each in its own file")
        return value

    def _next(self) -> Any:
        return self._loader.get_event()

    def _value(self, event: Any, steps: Steps) -> Any:
        self.values[steps] = _mark(event)
        self._add(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if len(steps) > MAX_DEPTH:
            raise _RefusedError(event, f"more than {MAX_DEPTH} levels are nested here")
        before = self._count
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(event, steps)
        else:
            value = self._mapping(event, steps)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before)
        return value

    def _add(self, event: Any, count: int) -> None:
        self._count += count
        if self._count > MAX_VALUES:
            raise _RefusedError(event, f"more than {MAX_VALUES} values, aliases repeated")

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise _RefusedError(event, f"alias '*{event.anchor}' has no complete anchor before it")
        value, count = self._anchors[event.anchor]
        self._add(event, count)
        return value

    def _sequence(self, event: Any, steps: Steps) -> list[Any]:
        _refuse_tag(event)
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, (*steps, len(items))))
        return items

    def _mapping(self, event: Any, steps: Steps) -> dict[Any, Any]:
        _refuse_tag(event)
        items: dict[Any, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _RefusedError(event, "a key must be plain text")
            # Keys are names: 'yes' or '1' as a key is text too.
            key, here = event.value, (*steps, event.value)
            if key in items:
                self._duplicate(key, self.keys[here], _mark(event))
            self.keys[here] = _mark(event)
            items[key] = self._value(self._next(), here)
        return items

    def _duplicate(self, key: str, first: Mark, again: Mark) -> None:
        self.duplicates.append(
            f"{again[0]}:{again[1]}: key {key!r} is given again "
            f"(first at {first[0]}:{first[1]}); keep one."
        )


def _scalar(event: Any) -> Any:
    if event.tag not in _TEXT_TAGS:
        raise _RefusedError(event, f"the tag {event.tag!r} is not supported; remove it")
    text = event.value
    if event.tag is not None or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _refuse_tag(event: Any) -> None:
    if event.tag is not None:
        raise _RefusedError(event, f"the tag {event.tag!r} is not supported; remove it")


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1
