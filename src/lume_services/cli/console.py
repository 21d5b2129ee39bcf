"""The one place that writes to the terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from rich.text import Text

STATE_STYLES = {
    "COMPLETED": "green",
    "FAILED": "red",
    "CRASHED": "red",
    "CANCELLED": "yellow",
    "CANCELLING": "yellow",
    "RUNNING": "cyan",
}

_SHORT = 8
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"

debugging = ContextVar("debugging", default=False)
"""Whether tracebacks are wanted."""

for_programs = ContextVar("for_programs", default=False)
"""Whether JSON is wanted in place of text."""


@dataclass(frozen=True)
class Cell:
    """A table's cell with a style for terminals; numbers stand to the right."""

    text: str
    style: str = ""
    number: bool = False


def is_terminal() -> bool:
    """Tell whether a person reads standard output directly."""
    return sys.stdout.isatty()


def can_draw(stream: TextIO) -> bool:
    """Tell whether a stream leads to a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") not in {None, "", "dumb"}


def short(identifier: str) -> str:
    """Return the beginning of an identifier for a terminal, which commands take; else all."""
    return identifier[:_SHORT] if is_terminal() else identifier


def write(text: str = "") -> None:
    """Write a line to standard output, exactly as given."""
    sys.stdout.write(f"{text}\n")


def document(value: Any) -> None:
    """Write a value as JSON: what a command gives to programs."""
    write(json.dumps(value, indent=2, ensure_ascii=False, default=_jsonable))


def line_now(text: str, value: Any) -> None:
    """Write a line at once, as one of many that are to come; for programs as JSON.

    Parameters
    ----------
    text, value
        What persons and what programs read.
    """
    as_json = json.dumps(value, ensure_ascii=False, default=_jsonable)
    write(as_json if for_programs.get() else text)
    sys.stdout.flush()


def _jsonable(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def error(message: str) -> None:
    """Write a problem to standard error, one line for each line of the message."""
    for line in message.splitlines() or [""]:
        text = f"error: {line}"
        sys.stderr.write(f"{_wrapped(text, indent=7) if sys.stderr.isatty() else text}\n")


def note(message: str) -> None:
    """Write what is neither result nor error to standard error."""
    sys.stderr.write(f"{message}\n")


def line(*cells: str | Cell, indent: int = 0) -> None:
    """Write cells in one line, two spaces apart."""
    if is_terminal():
        _rich_line([_cell(cell) for cell in cells], indent)
    else:
        write(" " * indent + "  ".join(_cell(cell).text for cell in cells))


def fields(pairs: Sequence[tuple[str, str | Cell]]) -> None:
    """Write names and values, those of several lines indented."""
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        cell = _cell(value)
        indent = width + 2
        lines = cell.text.splitlines()
        if is_terminal():
            lines = [_wrapped(f"{'':{indent}}{text}", indent)[indent:] for text in lines]
        text = f"\n{' ' * indent}".join(lines)
        line(Cell(f"{name:<{width}}", "dim"), Cell(text, cell.style))


def table(columns: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> None:
    """Write a table: aligned for a terminal, one tab-separated line per row otherwise."""
    if is_terminal():
        _rich_table(columns, rows)
        return
    write("\t".join(columns))
    for row in rows:
        write("\t".join(" ".join(_cell(value).text.split()) for value in row))


def _wrapped(text: str, indent: int) -> str:
    """Return a text in lines that fit the terminal; paths and the like stay whole."""
    width = max(shutil.get_terminal_size().columns, 2 * indent)
    margin = " " * indent
    return textwrap.fill(
        text,
        width,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )


def _cell(value: str | Cell) -> Cell:
    return Cell(value) if isinstance(value, str) else value


def _rich_line(cells: Sequence[Cell], indent: int) -> None:
    from rich.console import Console
    from rich.text import Text

    parts = [_rich_text(cell) for cell in cells]
    Console(file=sys.stdout).print(Text(" " * indent) + Text("  ").join(parts), soft_wrap=True)


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> None:
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    lines = [[_cell(value) for value in row] for row in rows]
    for place, column in enumerate(columns):
        right = any(cells[place].number for cells in lines)
        justify: Literal["left", "right"] = "right" if right else "left"
        grid.add_column(
            _rich_text(Cell(column)), justify=justify, overflow="fold", no_wrap=right or place == 0
        )
    for cells in lines:
        grid.add_row(*map(_rich_text, cells))
    Console(file=sys.stdout).print(grid)


def _rich_text(cell: Cell) -> Text:
    from rich.text import Text

    # What stands in a document must not command the terminal.
    text = "".join(c if c.isprintable() or c == "\n" else _UNPRINTABLE for c in cell.text)
    return Text(text, style=cell.style)
